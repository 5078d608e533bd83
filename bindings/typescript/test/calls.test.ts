import { test } from "node:test";
import assert from "node:assert/strict";
import { endMarker, FakeServer, row, settled } from "./fake_server.js";
import { ProjectChannel } from "./world.js";

const project = row("b.Project", 1, { title: "P", lead: null, tasks: [], notes: [] });

async function synced(options = {}) {
  const server = new FakeServer(options);
  const channel = new ProjectChannel(server.options).open();
  return { server, channel, connection: await server.sync([1], [project]) };
}

test("a call is answered with its result, whatever else is answered before", async () => {
  const { server, channel, connection } = await synced({ callTimeoutMilliseconds: 1000 });
  const answers = Array.from({ length: 20 }, (_, index) => channel.call("echo", [index]));
  assert.equal(new Set(connection.sent.map(({ callId }) => callId)).size, 20);
  for (const { callId, params } of [...connection.sent].reverse()) {
    connection.say({ type: "actionResponse", callId, result: (params as number[])[0] });
  }
  assert.deepEqual(await Promise.all(answers), [...Array(20).keys()]);
  assert.equal(server.page.next, 30_000, "no deadline is left");
});

test("a call fails with the code and the message of the server", async () => {
  const { channel, connection } = await synced();
  const call = channel.rename("x");
  connection.answerError(409, "taken");
  const expected = { name: "CoveyError", code: "conflict", status: 409, message: "taken" };
  await assert.rejects(call, expected);
});

test("parameters are given in order, or by name, and options follow", async () => {
  const { channel, connection } = await synced({ callTimeoutMilliseconds: 1000 });
  const sent: unknown[] = [];
  const made = [
    channel.rename("x"),
    channel.rename({ title: "x" }),
    channel.plan("x"),
    channel.plan("x", 7, { timeoutMilliseconds: 5 }),
    channel.plan("x", undefined, { timeoutMilliseconds: 5 }),
    channel.plan({ title: "x", rank: 7 }, { timeoutMilliseconds: 5 }),
    channel.echo(),
    channel.echo({ timeoutMilliseconds: 5 }),
  ];
  for (const { params } of connection.sent) sent.push(params);
  assert.deepEqual(sent, [
    ["x"],
    { title: "x" },
    ["x"],
    ["x", 7],
    ["x", null],
    { title: "x", rank: 7 },
    [],
    [],
  ]);
  channel.close();
  await Promise.allSettled(made);
});

test("a call that nobody answers in time fails, and a late answer is ignored", async () => {
  const { server, channel, connection } = await synced();
  const calls = [channel.rename("x"), channel.rename("y", { timeoutMilliseconds: 100 })];
  await server.page.advance(100);
  await assert.rejects(calls[1] as Promise<unknown>, { code: "timed_out", status: undefined });
  connection.answer(true);
  connection.say({ type: "actionResponse", callId: 1, result: true });
  assert.equal(await calls[0], true);
});

test("a call that is made too early waits to be let in", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  const call = channel.rename("x");
  const connection = await server.accept();
  assert.deepEqual(connection.sent, []);
  connection.letIn();
  assert.deepEqual(connection.last, { callId: 1, action: "rename", params: ["x"] });
  connection.answer(true);
  assert.equal(await call, true);
  await server.page.advance(1000);
  assert.equal(channel.status, "closed", "it connected only for the call");
});

test("a channel without subscribers stays for its answer", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  const call = channel.rename("x");
  const connection = await server.sync([1], [project]);
  await server.page.advance(5000);
  assert.equal(channel.status, "synced");
  connection.answer(true);
  await call;
  await server.page.advance(1000);
  assert.equal(channel.status, "closed");
});

test("the deadline counts from the call, connected or not", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options).open();
  const call = channel.rename("x", { timeoutMilliseconds: 3000 });
  void call.catch(() => {});
  (await server.connection()).drop();
  await server.page.advance(3000);
  await assert.rejects(call, { code: "timed_out" });
  (await server.sync([1], [project])).sent.forEach((frame) => assert.equal(frame, undefined));
});

test("a call that was not answered when the connection is lost fails", async () => {
  const { server, channel, connection } = await synced();
  const call = channel.rename("x");
  connection.drop();
  await assert.rejects(call, { code: "disconnected" });
  await server.page.advance(750);
  assert.deepEqual((await server.sync([1], [project])).sent, []);
});

test("one that may be repeated is asked again, with one that was not asked yet", async () => {
  const { server, channel, connection } = await synced();
  const calls = [channel.rename("x", { repeat: true })];
  connection.drop();
  calls.push(channel.rename("y"));
  await server.page.advance(750);
  const second = await server.sync([1], [project]);
  assert.deepEqual(
    second.sent.map(({ callId, params }) => [callId, params]),
    [
      [1, ["x"]],
      [2, ["y"]],
    ],
  );
  for (const callId of [1, 2]) second.say({ type: "actionResponse", callId, result: true });
  assert.deepEqual(await Promise.all(calls), [true, true]);
});

test("closing ends what is open, and nothing can be asked any more", async () => {
  const { channel } = await synced();
  const call = channel.rename("x", { repeat: true });
  channel.close();
  await assert.rejects(call, { code: "closed" });
  await assert.rejects(channel.rename("x"), { code: "closed" });
  await assert.rejects(channel.save("b.Project", 1, { title: "x" }), { code: "closed" });
  assert.equal(channel.status, "closed");
});

test("a refusal fails what waits with its reason", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  const call = channel.rename("x");
  (await server.accept()).refuse(401, "error/unauthorized");
  await assert.rejects(call, { code: "unauthorized", message: "error/unauthorized" });
});

test("what cannot be sent fails, and leaves nothing behind", async () => {
  const { server, channel, connection } = await synced();
  const circle: { self?: object } = {};
  circle.self = circle;
  await assert.rejects(channel.call("echo", [circle]), { name: "TypeError" });
  assert.deepEqual(connection.sent, []);
  assert.equal(server.page.next, 30_000);
});

test("actions wait for being let in, and writes for what they write to", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options).open();
  const made = [channel.save("b.Project", 1, { title: "x" }), channel.rename("y")];
  const connection = await server.accept();
  connection.letIn();
  assert.deepEqual(connection.sent.map(({ callId }) => callId), [2]);
  connection.show([1], [project]);
  assert.equal(connection.last["writeId"], 1);
  connection.say({ type: "initialAnchors", anchorIds: [1], reset: true });
  made.push(channel.save("b.Project", 1, { title: "z" }));
  assert.equal(connection.last["writeId"], 3, "who is shown all of it anew may still write");
  connection.say([project], endMarker());
  channel.close();
  await Promise.allSettled(made);
  await settled();
});
