/*
 * What the compiler must refuse. These lines are compiled, and never run.
 */
import { test } from "node:test";
import type { ClientOptions, WebSocketConstructor } from "covey";
import { ProjectChannel, ProjectListChannel } from "./generated_board.js";
import type { Member } from "./generated_board.js";

export async function typed(options: ClientOptions): Promise<void> {
  const browser: WebSocketConstructor = WebSocket;
  const one = new ProjectChannel({ ...options, WebSocket: browser }, { project_id: 1 });
  const all = new ProjectListChannel(options);

  const name: string | undefined = one.state?.tasks[0]?.assignee?.name;
  const names: string[] | undefined = all.state?.map((project) => project.name);
  const viewers: number | undefined = one.runtimeState.viewers;
  const member: Member | null = one.instance("board.Member", 1);
  const isRenamed: boolean = await one.rename("x");
  const sum: number = await all.add({ a: 1, b: 2 }, { repeat: true });
  const id: number = await one.create("board.Project", 1, "tasks", { title: "x", done: false });
  await one.save("board.Task", 1, { assignee: null });
  await one.delete("board.Task", 1, { optimistic: false });
  void [name, names, viewers, member, isRenamed, sum, id];

  // @ts-expect-error a project has no such URL parameter
  new ProjectChannel(options, { id: 1 });
  // @ts-expect-error the state is nobody's to change
  one.state!.name = "x";
  // @ts-expect-error a list is not either
  one.state!.tasks.push();
  // @ts-expect-error the state may be missing
  one.state.name;
  // @ts-expect-error a member may be missing
  one.state!.tasks[0]!.assignee.name;
  // @ts-expect-error there is no such variable
  one.runtimeState.visitors;
  // @ts-expect-error of this channel there are none
  all.runtimeState.viewers;
  // @ts-expect-error there is no such model
  one.instance("board.Person", 1);
  // @ts-expect-error its ids are numbers
  one.instance("board.Task", "1");
  // @ts-expect-error a name is a string
  one.rename(1);
  // @ts-expect-error and has this name
  one.rename({ title: "x" });
  // @ts-expect-error members are not written
  one.save("board.Member", 1, { name: "x" });
  // @ts-expect-error an id is no field to save
  one.save("board.Task", 1, { id: 2 });
  // @ts-expect-error relations are given as ids
  one.save("board.Task", 1, { assignee: member });
  // @ts-expect-error projects are not deleted
  one.delete("board.Project", 1);
  // @ts-expect-error a task has no lists
  one.create("board.Task", 1, "tasks", { title: "x", done: false });
  // @ts-expect-error notes are not created
  one.create("board.Project", 1, "notes", { text: "x" });
  // @ts-expect-error a task must say whether it is done
  one.create("board.Project", 1, "tasks", { title: "x" });
}

test("what the compiler must refuse, it refuses", () => {});
