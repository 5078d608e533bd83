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
  const message = "the server refused: unauthorized";
  await assert.rejects(call, { code: "unauthorized", status: 401, message });
});

test("what cannot be sent fails, says where it is, and leaves nothing behind", async () => {
  const { server, channel, connection } = await synced();
  const circle: { self?: object } = {};
  circle.self = circle;
  const refusals: readonly (readonly [parameters: object, message: RegExp])[] = [
    [[1, NaN], /^parameter 2: NaN is not in JSON$/],
    [{ title: "x", rank: -Infinity }, /^parameter rank: -Infinity is not in JSON$/],
    [[{ deep: [1, { down: Infinity }] }], /^parameter 1: Infinity/],
    [[0, 1, 10n], /^parameter 3: .*BigInt/],
    [[circle], /^parameter 1: .*circular/],
  ];
  for (const [parameters, message] of refusals) {
    const call = channel.call("echo", parameters as unknown[]);
    await assert.rejects(call, { name: "CoveyError", code: "invalid", message });
  }
  const save = channel.save("b.Project", 1, { title: NaN as never });
  await assert.rejects(save, { code: "invalid", message: /^parameter title: NaN/ });
  assert.deepEqual(connection.sent, []);
  assert.equal(server.page.next, 30_000);
});

test("parameters may be changed by their owner after the call", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options).open();
  const parameters = { title: "x" };
  const call = channel.rename(parameters);
  parameters.title = "y";
  const connection = await server.sync([1], [project]);
  assert.deepEqual(connection.last["params"], { title: "x" });
  connection.answer(true);
  await call;
});

// --------------------------------------------------------------------------------------- order

test("actions wait for being let in, and writes for what they write to", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options).open();
  const made = [channel.rename("y"), channel.save("b.Project", 1, { title: "x" })];
  const connection = await server.accept();
  connection.letIn();
  assert.deepEqual(connection.sent.map(({ callId }) => callId), [1]);
  connection.show([1], [project]);
  assert.equal(connection.last["writeId"], 2);
  connection.say({ type: "initialAnchors", anchorIds: [1], reset: true });
  made.push(channel.save("b.Project", 1, { title: "z" }) as never);
  assert.equal(connection.last["writeId"], 3, "who is shown all of it anew may still write");
  connection.say([project], endMarker());
  channel.close();
  await Promise.allSettled(made);
  await settled();
});

test("nothing overtakes what was asked before it, made offline or asked again", async () => {
  const { server, channel, connection } = await synced();
  const made: Promise<unknown>[] = [channel.rename("a", { repeat: true })];
  connection.drop();
  made.push(channel.save("b.Project", 1, { title: "b" }), channel.rename("c"));
  made.push(channel.save("b.Project", 1, { title: "d" }));
  await server.page.advance(750);
  const second = await server.accept();
  second.letIn();
  assert.deepEqual(second.sent.map(idOf), [1], "a call does not overtake the write before it");
  second.show([1], [project]);
  assert.deepEqual(second.sent.map(idOf), [1, 2, 3, 4]);
  channel.close();
  await Promise.allSettled(made);
});

test("what is given up holds up nothing", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options).open();
  const save = channel.save("b.Project", 1, { title: "x" }, { timeoutMilliseconds: 10 });
  void save.catch(() => {});
  const call = channel.rename("y");
  const connection = await server.accept();
  connection.letIn();
  assert.deepEqual(connection.sent, []);
  await server.page.advance(10);
  assert.deepEqual(connection.sent.map(idOf), [2]);
  connection.answer(true);
  await assert.rejects(save, { code: "timed_out" });
  assert.equal(await call, true);
});

test("whether anybody is there is asked ahead of everything", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options).open();
  const save = channel.save("b.Project", 1, { title: "x" });
  const connection = await server.accept();
  connection.letIn();
  server.page.wake();
  assert.equal(connection.last["action"], "_");
  channel.close();
  await assert.rejects(save, { code: "closed" });
});

function idOf({ callId, writeId }: { readonly [name: string]: unknown }): unknown {
  return callId ?? writeId;
}
