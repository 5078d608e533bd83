/* What is written in programs that use the generated code. */
import { ProjectChannel, ProjectListChannel } from "./rxdjango/board/board.channels";

export async function use(): Promise<void> {
  const one = new ProjectChannel(2, "alice-token");
  one.subscribe((project) => {
    const [task] = project.tasks;
    if (task?.assignee) void task.save({ done: !task.done, assignee: task.assignee.id });
    void project.tasks.create({ title: project.name, done: false });
    void project.save({ name: "x" });
    // @ts-expect-error: no such field may be written
    void project.save({ id: 1 });
    // @ts-expect-error: members cannot be written
    void project.members[0]?.save({ name: "x" });
  });
  const sum: number = await one.add(1, 2);
  const viewers: number | undefined = one.runtimeState?.viewers;
  const all = new ProjectListChannel("alice-token");
  all.subscribe((projects) => projects.map((project) => project.tasks.length + sum + (viewers ?? 0)));
  // @ts-expect-error: a name is a text
  await all.createProject(7);
}
