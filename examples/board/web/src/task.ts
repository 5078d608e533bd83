import { copy, part } from "./dom.js";
import { Editable } from "./editable.js";
import type { Task, TaskSave } from "./generated/channels.js";
import { askWhere } from "./move.js";
import { showAvatar } from "./people.js";
import type { Row } from "./rows.js";
import type { Session } from "./session.js";
import { attempt } from "./toast.js";

/** A task in the list of its project. */
export function makeTask({ board }: Session, { id }: Task): Row<Task> {
  const node = copy("task");
  const done = part(node, "done", HTMLInputElement);
  const title = new Editable(part(node, "title", HTMLElement), (title) => save({ title }));
  const assignee = part(node, "assignee", HTMLElement);
  const move = part(node, "move", HTMLButtonElement);
  const remove = part(node, "delete", HTMLButtonElement);

  /** Saying the same twice does no harm, so a lost connection is no reason to give up. */
  function save(data: TaskSave): void {
    void attempt("Task not changed", board.save("board.Task", id, data, { repeat: true }));
  }

  done.addEventListener("change", () => save({ done: done.checked }));
  remove.addEventListener("click", () => {
    void attempt("Task not deleted", board.delete("board.Task", id));
  });
  move.addEventListener("click", () => {
    const task = board.instance("board.Task", id);
    const others = board.state?.filter((project) => project.id !== task?.project) ?? [];
    askWhere(task?.title ?? "", others, (project) => save({ project }));
  });

  function show(task: Task): void {
    done.checked = task.done;
    done.ariaLabel = task.title;
    title.show(task.title);
    move.ariaLabel = `Move “${task.title}” to another project`;
    remove.ariaLabel = `Delete “${task.title}”`;
    showAvatar(assignee, task.assignee);
    // The server has not given it an id yet. It is about to be another row, so it waits.
    node.inert = task.id < 0;
  }

  return { node, show };
}
