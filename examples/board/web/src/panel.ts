import { copy, part } from "./dom.js";
import { Editable } from "./editable.js";
import type { Member, Note, Project, Task } from "./generated/channels.js";
import { showAvatar } from "./people.js";
import { Rows } from "./rows.js";
import type { Row } from "./rows.js";
import type { Session } from "./session.js";
import { makeTask } from "./task.js";
import { attempt } from "./toast.js";

/** The project that is open. */
export function makePanel(session: Session, { id }: Project): Row<Project> {
  const { board } = session;
  const node = copy("project");
  const form = part(node, "add", HTMLFormElement);
  const field = part(form, "title", HTMLInputElement);
  const tasks = new Rows<Task>(
    part(node, "tasks", HTMLElement),
    (task) => makeTask(session, task),
    field,
  );
  const members = new Rows(part(node, "members", HTMLElement), makeMember);
  const notes = new Rows(part(node, "note-list", HTMLElement), makeNote);
  const name = new Editable(part(node, "name", HTMLElement), (name) => {
    void attempt("Project not renamed", board.save("board.Project", id, { name }, { repeat: true }));
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const title = field.value.trim();
    if (title === "") return;
    field.value = ""; // for the next one; this one is in the list already
    const created = board.create("board.Project", id, "tasks", { title, done: false });
    const task = await attempt("Task not added", created);
    if (task === undefined && field.value === "") field.value = title;
  });

  function show(project: Project): void {
    const count = project.tasks.length;
    const doneCount = project.tasks.filter(({ done }) => done).length;
    name.show(project.name);
    members.show(project.members);
    tasks.show(project.tasks);
    notes.show(project.notes);
    part(node, "notes", HTMLElement).hidden = project.notes.length === 0;
    part(node, "done", HTMLElement).textContent =
      count === 0 ? "No tasks yet" : `${doneCount} of ${count} done`;
    part(node, "progress", HTMLElement).style.width = `${(100 * doneCount) / (count || 1)}%`;
  }

  const viewing = session.view(id);
  const stop = viewing.subscribe(() => {
    const { viewers } = viewing.runtimeState;
    part(node, "viewers", HTMLElement).hidden = !viewing.connected || viewers === undefined;
    part(node, "viewer-count", HTMLElement).textContent = `${viewers} viewing`;
  });

  function gone(): void {
    stop();
    viewing.close();
  }

  return { node, show, gone };
}

function makeMember(): Row<Member> {
  const node = copy("avatar");
  return { node, show: (member) => showAvatar(node, member) };
}

function makeNote(): Row<Note> {
  const node = copy("note");
  return { node, show: ({ text }) => void (node.textContent = text) };
}
