import { test } from "node:test";
import assert from "node:assert/strict";
import { Channel } from "covey";
import { change, endMarker, FakeServer, row, settled } from "./fake_server.js";
import { folders, ProjectChannel, ProjectListChannel } from "./world.js";
import type { Folder, FolderModels } from "./world.js";

const mia = row("b.Member", 3, { name: "Mia", files: [] });
const rows = [
  row("b.Project", 1, { title: "P", lead: null, tasks: [5, 6], notes: [] }),
  row("b.Task", 5, { project: 1, title: "t5", who: null, rank: null }),
  row("b.Task", 6, { project: 1, title: "t6", who: 3, rank: null }),
  mia,
];

async function synced() {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options).open();
  const connection = await server.sync([1], rows);
  const seen: unknown[] = [];
  channel.subscribe(() => seen.push(titles(channel)));
  return { server, channel, connection, seen };
}

function titles(channel: ProjectChannel): string[] {
  return channel.state?.tasks.map(({ title }) => title) ?? [];
}

test("a save is shown at once, and stays shown without a flicker", async () => {
  const { channel, connection, seen } = await synced();
  const before = channel.state;
  const save = channel.save("b.Task", 5, { title: "x", who: 3 });
  assert.deepEqual(connection.last, {
    type: "write",
    writeId: 1,
    operation: "save",
    instanceType: "b.Task",
    instanceId: 5,
    data: { title: "x", who: 3 },
  });
  assert.equal(channel.state?.tasks[0]?.who?.name, "Mia");
  assert.equal(channel.state?.tasks[1], before?.tasks[1]);
  const edited = channel.state;
  connection.answer(5);
  connection.say([change("b.Task", 5, "update", { title: "x", who: 3 })]);
  await save;
  assert.equal(channel.state, edited);
  assert.deepEqual(seen, [["x", "t6"], ["x", "t6"]]);
});

test("an accepted save that changed nothing is not shown for long", async () => {
  const { server, channel, connection } = await synced();
  const before = channel.state;
  const save = channel.save("b.Task", 5, { title: "t5  " });
  connection.answer(5);
  await save;
  assert.deepEqual(titles(channel), ["t5  ", "t6"]);
  await server.page.advance(100);
  assert.equal(connection.last["action"], "_");
  connection.say({
    type: "actionResponse",
    callId: connection.last["callId"],
    error: { code: 404, message: "none" },
  });
  await settled();
  assert.deepEqual(channel.state, before);
});

test("a refused save rolls back itself and nothing else", async () => {
  const { channel, connection } = await synced();
  const before = channel.state;
  const refused = channel.save("b.Task", 5, { title: "x" });
  const open = channel.save("b.Task", 6, { title: "y" });
  connection.say([change("b.Task", 5, "update", { rank: 9 })]);
  connection.say({
    type: "writeResponse",
    writeId: 1,
    success: false,
    error: { code: 403, message: "no" },
  });
  await assert.rejects(refused, { code: "denied", message: "no" });
  assert.deepEqual(titles(channel), ["t5", "y"]);
  assert.equal(channel.state?.tasks[0]?.rank, 9);
  connection.answerError(403, "no");
  await assert.rejects(open, { code: "denied" });
  assert.equal(channel.state?.tasks[1], before?.tasks[1] && channel.instance("b.Task", 6));
  assert.deepEqual(titles(channel), ["t5", "t6"]);
});

test("what the server says meanwhile goes underneath", async () => {
  const { channel, connection } = await synced();
  const save = channel.save("b.Task", 5, { title: "mine" });
  connection.say([change("b.Task", 5, "update", { title: "theirs", rank: 4 })]);
  assert.deepEqual(titles(channel), ["mine", "t6"]);
  connection.answerError(409, "somebody else was first");
  await assert.rejects(save, { code: "conflict" });
  assert.deepEqual(titles(channel), ["theirs", "t6"]);
});

test("the server's own idea of what was saved wins when it comes", async () => {
  const { channel, connection, seen } = await synced();
  const save = channel.save("b.Task", 5, { title: "  x  " });
  connection.answer(5);
  await save;
  assert.deepEqual(titles(channel), ["  x  ", "t6"]);
  connection.say([change("b.Task", 5, "update", { title: "x" })]);
  assert.deepEqual(seen.at(-1), ["x", "t6"]);
});

test("a save that changed nothing for the server is taken off with the next news", async () => {
  const { channel, connection } = await synced();
  const save = channel.save("b.Task", 5, { title: "t5" });
  connection.answer(5);
  await save;
  connection.say([change("b.Task", 5, "update", { title: "later" })]);
  assert.deepEqual(titles(channel), ["later", "t6"]);
});

test("two saves of one row lie upon each other", async () => {
  const { channel, connection } = await synced();
  const first = channel.save("b.Task", 5, { title: "a" });
  const second = channel.save("b.Task", 5, { title: "b", who: 3 });
  connection.say({
    type: "writeResponse",
    writeId: 1,
    success: false,
    error: { code: 400, message: "no" },
  });
  await assert.rejects(first, { code: "invalid" });
  assert.deepEqual(titles(channel), ["b", "t6"]);
  connection.answer(5);
  await second;
});

test("data may be changed by its owner after the call", async () => {
  const { channel } = await synced();
  const data = { title: "x" };
  const save = channel.save("b.Task", 5, data);
  data.title = "y";
  assert.deepEqual(titles(channel), ["x", "t6"]);
  channel.close();
  await assert.rejects(save, { code: "closed" });
  assert.deepEqual(titles(channel), ["t5", "t6"]);
});

test("a delete is shown at once, in lists and wherever it was referred to", async () => {
  const { channel, connection, seen } = await synced();
  const gone = channel.delete("b.Task", 5);
  assert.deepEqual(connection.last, {
    type: "write",
    writeId: 1,
    operation: "delete",
    instanceType: "b.Task",
    instanceId: 5,
  });
  assert.deepEqual(titles(channel), ["t6"]);
  connection.answer(5);
  const list = change("b.Project", 1, "update", { tasks: [6] });
  connection.say([list, change("b.Task", 5, "delete")]);
  await gone;
  assert.deepEqual(seen, [["t6"], ["t6"]]);
});

test("a refused delete brings everything back as it was", async () => {
  const { channel, connection } = await synced();
  const gone = channel.delete("b.Task", 5);
  connection.answerError(403, "no");
  await assert.rejects(gone, { code: "denied" });
  assert.deepEqual(titles(channel), ["t5", "t6"]);
});

test("an edit of what somebody else deletes does not bring it back", async () => {
  const { channel, connection } = await synced();
  const save = channel.save("b.Task", 5, { title: "x" });
  const list = change("b.Project", 1, "update", { tasks: [6] });
  connection.say([list, change("b.Task", 5, "delete")]);
  assert.deepEqual(titles(channel), ["t6"]);
  connection.answerError(404, "gone");
  await assert.rejects(save, { code: "not_found" });
});

// ---------------------------------------------------------------------------------- creating

test("what is created is shown at once, under a name of its own until it has one", async () => {
  const { channel, connection, seen } = await synced();
  const created = channel.create("b.Project", 1, "tasks", { title: "new", who: 3 });
  assert.deepEqual(connection.last, {
    type: "write",
    writeId: 1,
    operation: "create",
    instanceType: "b.Task",
    parentType: "b.Project",
    parentId: 1,
    relationName: "tasks",
    data: { title: "new", who: 3 },
  });
  assert.deepEqual(channel.state?.tasks[2], {
    id: -1,
    project: 1,
    title: "new",
    who: { id: 3, name: "Mia", files: [] },
    rank: null,
  });
  connection.answer(7);
  assert.equal(channel.state?.tasks[2]?.id, -1, "until its row is there");
  const fields = { project: 1, title: "new", who: 3, rank: null };
  connection.say([
    change("b.Task", 7, "create", fields),
    change("b.Project", 1, "update", { tasks: [5, 6, 7] }),
  ]);
  assert.equal(await created, 7);
  assert.deepEqual(seen, Array(2).fill(["t5", "t6", "new"]));
  assert.deepEqual(channel.state?.tasks.map(({ id }) => id), [5, 6, 7]);
  assert.equal(channel.instance("b.Task", -1), null);
});

test("several are created at once, and each is refused on its own", async () => {
  const { channel, connection } = await synced();
  const created = ["a", "b", "c"].map((title) =>
    channel.create("b.Project", 1, "tasks", { title }),
  );
  assert.deepEqual(titles(channel), ["t5", "t6", "a", "b", "c"]);
  connection.say({
    type: "writeResponse",
    writeId: 2,
    success: false,
    error: { code: 400, message: "no" },
  });
  await assert.rejects(created[1] as Promise<unknown>, { code: "invalid" });
  assert.deepEqual(titles(channel), ["t5", "t6", "a", "c"]);
  channel.close();
  await Promise.allSettled(created);
});

test("what has no name yet may be changed, and is once it has one", async () => {
  const { channel, connection, seen } = await synced();
  const created = channel.create("b.Project", 1, "tasks", { title: "new" });
  const saved = channel.save("b.Task", -1, { title: "newer" });
  assert.equal(connection.sent.length, 1);
  connection.answer(7);
  assert.deepEqual(connection.last["instanceId"], 7);
  const fields = { project: 1, title: "new", who: null, rank: null };
  connection.say([
    change("b.Task", 7, "create", fields),
    change("b.Project", 1, "update", { tasks: [5, 6, 7] }),
  ]);
  connection.answer(7);
  connection.say([change("b.Task", 7, "update", { title: "newer" })]);
  await Promise.all([created, saved]);
  const shown = seen.map((titles) => (titles as string[])[2]);
  assert.deepEqual(new Set(shown.slice(1)), new Set(["newer"]));
  assert.deepEqual(titles(channel), ["t5", "t6", "newer"]);
});

test("a temporary name means the same once there is another", async () => {
  const { channel, connection, seen } = await synced();
  const created = channel.create("b.Project", 1, "tasks", { title: "new" });
  connection.answer(7);
  const made: Promise<unknown>[] = [channel.save("b.Task", -1, { title: "newer" })];
  assert.deepEqual(connection.last["instanceId"], 7);
  assert.deepEqual(titles(channel), ["t5", "t6", "newer"]);
  connection.say([
    change("b.Task", 7, "create", { project: 1, title: "new", who: null, rank: null }),
    change("b.Project", 1, "update", { tasks: [5, 6, 7] }),
  ]);
  assert.equal(await created, 7);
  assert.deepEqual(seen.at(-1), ["t5", "t6", "newer"]);
  made.push(channel.delete("b.Task", -1));
  assert.deepEqual([connection.last["operation"], connection.last["instanceId"]], ["delete", 7]);
  assert.deepEqual(titles(channel), ["t5", "t6"]);
  channel.close();
  await Promise.allSettled(made);
});

test("what is being created may be created in, and again what is in that", async () => {
  const server = new FakeServer();
  const channel = new Channel<Folder, {}, FolderModels>(folders, server.options).open();
  const connection = await server.sync([1], [row("b.Folder", 1, { name: "a", folders: [] })]);
  const create = (parent: number, name: string) =>
    channel.create("b.Folder", parent, "folders", { name });
  const made = [create(1, "b"), create(-1, "c"), create(-2, "d")];
  const path = () => channel.state?.folders[0]?.folders[0]?.folders[0]?.name;
  assert.equal(path(), "d");
  for (const id of [2, 3, 4]) {
    assert.equal(connection.last["parentId"], id - 1);
    connection.answer(id);
  }
  assert.equal(path(), "d");
  connection.say([
    change("b.Folder", 1, "update", { folders: [2] }),
    change("b.Folder", 2, "create", { parent: 1, name: "b", folders: [3] }),
    change("b.Folder", 3, "create", { parent: 2, name: "c", folders: [4] }),
    change("b.Folder", 4, "create", { parent: 3, name: "d", folders: [] }),
  ]);
  assert.equal(path(), "d");
  assert.equal(channel.state?.folders.length, 1);
  assert.deepEqual(await Promise.all(made), [2, 3, 4]);
  const late = create(-3, "e");
  assert.equal(connection.last["parentId"], 4);
  channel.close();
  await assert.rejects(late, { code: "closed" });
});

test("what waits for a name holds up what was asked later", async () => {
  const { channel, connection } = await synced();
  const made: Promise<unknown>[] = [channel.create("b.Project", 1, "tasks", { title: "new" })];
  made.push(channel.delete("b.Task", -1), channel.rename("x"));
  assert.equal(connection.sent.length, 1);
  connection.answer(7);
  assert.deepEqual(connection.sent.slice(1).map((frame) => frame["instanceId"]), [7, undefined]);
  assert.equal(connection.last["action"], "rename");
  channel.close();
  await Promise.allSettled(made);
});

test("who gave up waiting for a name is not shown under it", async () => {
  const { server, channel, connection } = await synced();
  const created = channel.create("b.Project", 1, "tasks", { title: "new" });
  const saved = channel.save("b.Task", -1, { title: "newer" }, { timeoutMilliseconds: 10 });
  void saved.catch(() => {});
  await server.page.advance(10);
  connection.answer(7);
  await assert.rejects(saved, { code: "timed_out" });
  connection.say([
    change("b.Task", 7, "create", { project: 1, title: "new", who: null, rank: null }),
    change("b.Project", 1, "update", { tasks: [5, 6, 7] }),
  ]);
  await created;
  assert.deepEqual(titles(channel), ["t5", "t6", "new"]);
});

test("what was not created cannot be changed, and the server is not asked", async () => {
  const { channel, connection } = await synced();
  const created = channel.create("b.Project", 1, "tasks", { title: "new" });
  connection.answerError(403, "no");
  await assert.rejects(created, { code: "denied" });
  await assert.rejects(channel.save("b.Task", -1, { title: "x" }), { code: "denied" });
  assert.equal(connection.sent.length, 1);
  assert.deepEqual(titles(channel), ["t5", "t6"]);
});

test("what was to be changed fails with its creation", async () => {
  const { channel, connection } = await synced();
  const created = channel.create("b.Project", 1, "tasks", { title: "new" });
  const changed = [channel.save("b.Task", -1, { title: "newer" }), channel.delete("b.Task", -1)];
  connection.answerError(403, "no");
  for (const made of [created, ...changed]) await assert.rejects(made, { code: "denied" });
  assert.equal(connection.sent.length, 1);
  assert.deepEqual(titles(channel), ["t5", "t6"]);
});

test("string ids have temporary names that are strings", async () => {
  const { channel, connection } = await synced();
  const created = channel.create("b.Member", 3, "files", { name: "F" });
  const { who } = channel.state?.tasks[1] ?? {};
  assert.deepEqual(who?.files, [{ id: "-1", name: "F" }]);
  connection.answer("f");
  assert.equal(await created, "f");
});

// ------------------------------------------------------------------------------------- moving

test("a row that says whose list it is in moves there at once", async () => {
  const server = new FakeServer();
  const channel = new ProjectListChannel(server.options).open();
  const second = row("b.Project", 2, { title: "Q", lead: null, tasks: [], notes: [] });
  const connection = await server.sync([1, 2], [...rows, second]);
  const ids = () => channel.state?.map(({ tasks }) => tasks.map(({ id }) => id));
  const save = channel.save("b.Task", 5, { project: 2 });
  assert.deepEqual(ids(), [[6], [5]]);
  const third = row("b.Project", 3, { title: "R", lead: null, tasks: [5], notes: [] });
  connection.say([
    change("b.Task", 5, "update", { project: 3 }),
    change("b.Project", 1, "update", { tasks: [6] }),
    third,
  ]);
  assert.deepEqual(ids(), [[6], [5], []], "somebody else moved it too");
  connection.answer(5);
  connection.say([
    change("b.Task", 5, "update", { project: 2 }),
    change("b.Project", 2, "update", { tasks: [5] }),
    change("b.Project", 3, "update", { tasks: [] }),
  ]);
  await save;
  assert.deepEqual(ids(), [[6], [5], []]);
});

test("what somebody else moved there as well is there once", async () => {
  const server = new FakeServer();
  const channel = new ProjectListChannel(server.options).open();
  const second = row("b.Project", 2, { title: "Q", lead: null, tasks: [], notes: [] });
  const connection = await server.sync([1, 2], [...rows, second]);
  const save = channel.save("b.Task", 5, { project: 2 });
  connection.say([
    change("b.Task", 5, "update", { project: 2 }),
    change("b.Project", 1, "update", { tasks: [6] }),
    change("b.Project", 2, "update", { tasks: [5] }),
  ]);
  assert.deepEqual(channel.state?.[1]?.tasks.map(({ id }) => id), [5]);
  connection.answer(5);
  await save;
});

// -------------------------------------------------------------------------------- interruptions

test("a write whose answer is lost is rolled back; the state tells what became of it", async () => {
  const { server, channel, connection } = await synced();
  const save = channel.save("b.Task", 5, { title: "x" });
  connection.drop();
  await assert.rejects(save, { code: "disconnected" });
  assert.deepEqual(titles(channel), ["t5", "t6"]);
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn({ resumed: true });
  second.say([change("b.Task", 5, "update", { title: "x" })]);
  assert.deepEqual(titles(channel), ["x", "t6"]);
});

test("one that may be repeated stays shown, and is sent again with the state there", async () => {
  const { server, channel, connection } = await synced();
  const save = channel.save("b.Task", 5, { title: "x" }, { repeat: true });
  connection.drop();
  assert.deepEqual(titles(channel), ["x", "t6"]);
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn();
  assert.deepEqual(second.sent, []);
  second.show([1], rows);
  assert.deepEqual(titles(channel), ["x", "t6"]);
  assert.equal(second.last["writeId"], 1);
  second.answer(5);
  await save;
});

test("a write that was accepted just before the connection was lost stays shown", async () => {
  const { server, channel, connection } = await synced();
  const save = channel.save("b.Task", 5, { title: "x" });
  connection.answer(5);
  connection.drop();
  await save;
  assert.deepEqual(titles(channel), ["x", "t6"]);
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn({ resumed: true });
  second.say([change("b.Task", 5, "create", { project: 1, title: "x", who: null, rank: null })]);
  second.say(endMarker());
  assert.deepEqual(titles(channel), ["x", "t6"]);
});

test("edits made offline are shown, and sent when the channel is back", async () => {
  const { server, channel, connection } = await synced();
  connection.drop();
  const save = channel.save("b.Task", 5, { title: "x" });
  assert.deepEqual(titles(channel), ["x", "t6"]);
  await server.page.advance(750);
  const second = await server.sync([1], rows);
  assert.equal(second.last["operation"], "save");
  second.answer(5);
  await save;
});

test("a write that is answered too late is rolled back", async () => {
  const { server, channel } = await synced();
  const save = channel.save("b.Task", 5, { title: "x" }, { timeoutMilliseconds: 10 });
  void save.catch(() => {});
  await server.page.advance(10);
  await assert.rejects(save, { code: "timed_out" });
  assert.deepEqual(titles(channel), ["t5", "t6"]);
});

test("a write need not be shown before it is made", async () => {
  const { channel, connection, seen } = await synced();
  const save = channel.save("b.Task", 5, { title: "x" }, { optimistic: false });
  assert.deepEqual(seen, []);
  connection.answer(5);
  await save;
  connection.say([change("b.Task", 5, "update", { title: "x" })]);
  await settled();
  assert.deepEqual(titles(channel), ["x", "t6"]);
});
