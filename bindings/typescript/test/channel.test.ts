import { test } from "node:test";
import assert from "node:assert/strict";
import { change, endMarker, FakeServer, row, settled } from "./fake_server.js";
import { ProjectChannel, ProjectListChannel } from "./world.js";

const project = row("b.Project", 1, { title: "P", lead: null, tasks: [5], notes: [] });
const task = row("b.Task", 5, { project: 1, title: "t5", who: null, rank: null });
const rows = [project, task];

function opened(options = {}): { server: FakeServer; channel: ProjectChannel } {
  const server = new FakeServer(options);
  return { server, channel: new ProjectChannel(server.options).open() };
}

function stampOf(rows: readonly object[]): unknown {
  return (rows.at(-1) as { _tstamp?: unknown })._tstamp;
}

// ---------------------------------------------------------------------------- what it shows

test("a channel is connecting, syncing, synced, and then shows its state", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  const seen: unknown[] = [];
  assert.equal(channel.status, "closed");
  channel.subscribe(() => seen.push([channel.status, channel.connected, channel.state?.title]));
  assert.equal(channel.status, "connecting");
  const connection = await server.accept();
  assert.deepEqual(connection.first, { token: "ann", lastUpdate: null, covey: 1 });
  connection.letIn();
  connection.say({ type: "initialAnchors", anchorIds: [1], reset: true }, [project]);
  assert.deepEqual(seen, [["syncing", false, undefined]]);
  connection.say([task], endMarker());
  assert.deepEqual(seen.at(-1), ["synced", true, "P"]);
  assert.equal(seen.length, 2);
  assert.equal(channel.state?.tasks[0]?.title, "t5");
  assert.equal(channel.instance("b.Task", 5), channel.state?.tasks[0]);
  assert.equal(channel.instance("b.Task", 6), null);
});

test("a snapshot object stays the same until something in it changes", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], rows);
  const before = channel.snapshot;
  assert.equal(channel.snapshot, before);
  connection.say(endMarker());
  assert.equal(channel.snapshot, before);
  connection.say([change("b.Task", 5, "update", { title: "x" })]);
  assert.notEqual(channel.snapshot, before);
  assert.equal(before.state?.tasks[0]?.title, "t5");
  assert.equal(channel.snapshot.state?.tasks[0]?.title, "x");
});

test("changes that belong together are shown together", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], rows);
  const before = channel.state;
  connection.say([{ ...change("b.Task", 5, "update", { title: "x" }), _tstamp: 0 }]);
  assert.equal(channel.state, before);
  assert.equal(channel.status, "synced");
  connection.say([{ ...change("b.Project", 1, "update", { title: "Q" }), _tstamp: 0 }]);
  connection.say(endMarker());
  assert.equal(channel.state?.title, "Q");
  assert.equal(channel.state?.tasks[0]?.title, "x");
});

test("a state that the server sends anew replaces the old one when it is complete", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], rows);
  const before = channel.state;
  connection.say({ type: "initialAnchors", anchorIds: [1], reset: true });
  assert.equal(channel.status, "syncing");
  connection.say([{ ...project, title: "Q", tasks: [] }]);
  assert.equal(channel.state, before);
  connection.say(endMarker());
  assert.equal(channel.status, "synced");
  assert.deepEqual(channel.state, { id: 1, title: "Q", lead: null, tasks: [], notes: [] });
});

test("an empty list is a state, and null is none", async () => {
  const server = new FakeServer();
  const channel = new ProjectListChannel(server.options).open();
  assert.equal(channel.state, null);
  await server.sync([], []);
  assert.deepEqual(channel.state, []);
});

test("a single anchor that is deleted leaves null, and the channel goes on", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], rows);
  connection.say([change("b.Project", 1, "delete"), change("b.Task", 5, "delete")]);
  assert.equal(channel.state, null);
  assert.equal(channel.status, "synced");
});

test("nonsense is ignored", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], rows);
  const before = channel.snapshot;
  for (const text of ["", "{", "7", "null", new ArrayBuffer(2)]) connection.sayText(text);
  connection.say({ type: "actionResponse", callId: 99, result: 1 }, []);
  assert.equal(channel.snapshot, before);
});

// ------------------------------------------------------------------------ coming back

test("who comes back says where it was, and is told only what it missed", async () => {
  const { server, channel } = opened();
  let connection = await server.sync([1], rows);
  const update = [change("b.Task", 5, "update", { title: "x" })];
  connection.say(update);
  const before = channel.state;
  connection.drop();
  assert.equal(channel.state, before);
  assert.equal(channel.connected, false);
  await server.page.advance(750);
  connection = await server.accept();
  const stamp = stampOf(update);
  assert.deepEqual(connection.first, { token: "ann", lastUpdate: stamp, covey: 1, session: "s1" });
  connection.letIn({ session: "s2", resumed: true });
  assert.equal(channel.status, "syncing");
  connection.say([row("b.Task", 5, { ...task, title: "y" }, { _operation: "create" })]);
  assert.equal(channel.state, before);
  const end = endMarker();
  connection.say(end);
  assert.equal(channel.status, "synced");
  assert.equal(channel.state?.tasks[0]?.title, "y");
  connection.drop();
  await server.page.advance(750);
  const { first } = await server.accept();
  assert.deepEqual([first["session"], first["lastUpdate"]], ["s2", stampOf(end)]);
});

test("a catch-up that breaks off is told again", async () => {
  const { server, channel } = opened();
  const first = await server.sync([1], rows);
  const end = endMarker();
  first.say(end);
  first.drop();
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn({ resumed: true });
  second.say([change("b.Task", 5, "delete")].map((row) => ({ ...row, _tstamp: 0 })));
  second.drop();
  assert.equal(channel.state?.tasks.length, 1);
  await server.page.advance(750);
  const third = await server.accept();
  assert.equal(third.first["lastUpdate"], stampOf(end));
  third.letIn({ resumed: true });
  third.say(endMarker());
  assert.equal(channel.state?.tasks.length, 1, "it was not told again after all");
});

test("a snapshot that breaks off leaves what was there, and is told again", async () => {
  const { server, channel } = opened();
  (await server.sync([1], rows)).drop();
  const before = channel.state;
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn();
  second.say({ type: "initialAnchors", anchorIds: [1], reset: true }, [project]);
  second.drop();
  assert.equal(channel.state, before);
  await server.page.advance(750);
  const third = await server.accept();
  assert.equal(third.first["lastUpdate"], null);
  third.letIn();
  third.show([1], rows);
  assert.equal(channel.state, before, "nothing has changed");
});

test("a server that has lost everything is believed, also with older versions", async () => {
  const { server, channel } = opened();
  (await server.sync([1], rows)).drop();
  await server.page.advance(750);
  const restarted = { ...project, title: "again", tasks: [], _version: 7 };
  await server.sync([1], [restarted]);
  assert.equal(channel.state?.title, "again");
  assert.deepEqual(channel.state?.tasks, []);
});

test("a channel that is closed and opened again goes on where it was", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], rows);
  channel.close();
  assert.equal(connection.isClosed, true);
  assert.equal(channel.status, "closed");
  assert.equal(channel.error, null);
  assert.equal(server.page.isWatched, false);
  channel.open();
  const second = await server.accept();
  assert.equal(second.first["session"], "s1");
  second.letIn({ resumed: true });
  const call = channel.echo();
  second.answer(null);
  assert.equal(await call, null);
});

// ----------------------------------------------------------------------------------- variables

test("variables are kept until a new session has none of them", async () => {
  const { server, channel } = opened();
  const first = await server.accept();
  first.letIn();
  first.say({ type: "runtimeVar", var: "viewers", value: 1 });
  assert.deepEqual(channel.runtimeState, { viewers: 1 });
  first.show([1], rows);
  const before = channel.runtimeState;
  first.say({ type: "runtimeVar", var: "notifications", value: 7 });
  assert.deepEqual(channel.runtimeState, { viewers: 1, notifications: 7 });
  assert.deepEqual(before, { viewers: 1 });
  first.drop();
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn();
  second.say({ type: "runtimeVar", var: "viewers", value: 2 });
  assert.deepEqual(channel.runtimeState, { viewers: 2, notifications: 7 });
  second.show([1], rows);
  assert.deepEqual(channel.runtimeState, { viewers: 2 });
});

test("a session that is taken up has all its variables", async () => {
  const { server, channel } = opened();
  const first = await server.sync([1], rows);
  first.say({ type: "runtimeVar", var: "viewers", value: 1 });
  first.drop();
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn({ resumed: true });
  second.say(endMarker());
  assert.deepEqual(channel.runtimeState, { viewers: 1 });
});

// ----------------------------------------------------------------------------------- listening

test("messages of the system, and the program's own, are handed on", async () => {
  const { server, channel } = opened();
  const seen: unknown[] = [];
  const stop = channel.on("system", (message) => seen.push(message));
  channel.on("message", (frame) => seen.push(frame));
  const connection = await server.sync([1], rows);
  const system = { source: "maintenance", message: "soon" };
  connection.say({ type: "maintenance", ...system }, { type: "toast", text: "hello" });
  assert.deepEqual(seen, [system, { type: "toast", text: "hello" }]);
  stop();
  connection.say({ type: "maintenance", ...system });
  assert.equal(seen.length, 2);
});

test("a channel connects for its first subscriber, and leaves after the last", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  await settled();
  assert.equal(server.connections.length, 0);
  const first = channel.subscribe(() => {});
  const second = channel.subscribe(() => {});
  const connection = await server.sync([1], rows);
  first();
  first();
  await server.page.advance(1000);
  assert.equal(channel.status, "synced");
  second();
  await server.page.advance(999);
  const third = channel.subscribe(() => {});
  await server.page.advance(1);
  assert.equal(channel.status, "synced");
  third();
  await server.page.advance(1000);
  assert.equal(channel.status, "closed");
  assert.equal(connection.isClosed, true);
  assert.equal(channel.state?.title, "P");
  assert.equal(server.page.next, undefined);
});

test("the same listener may subscribe twice, and each time ends on its own", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  let count = 0;
  const listener = () => void (count += 1);
  const stop = channel.subscribe(listener);
  channel.subscribe(listener);
  channel.open();
  const connection = await server.sync([1], rows);
  count = 0;
  stop();
  connection.say({ type: "runtimeVar", var: "viewers", value: 1 });
  assert.equal(count, 1);
});

test("a refusal stays to be seen when nobody is subscribed any more", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  const stop = channel.subscribe(() => {});
  (await server.accept()).refuse(403, "error/forbidden");
  stop();
  await server.page.advance(1000);
  assert.equal(channel.error?.code, "denied");
});
