import { test } from "node:test";
import assert from "node:assert/strict";
import { Channel, CoveyError } from "covey";
import type { ClientOptions, WebSocketConstructor } from "covey";
import { retryDelay } from "#dist/backoff.js";
import { addressOf } from "#dist/url.js";
import { FakeConnection, FakeServer, row, settled } from "./fake_server.js";
import { ProjectChannel } from "./world.js";

// ----------------------------------------------------------------------------------- addresses

test("parameters are put into the pattern, encoded", () => {
  const server = "wss://example.org";
  assert.equal(
    addressOf(server, "ws/projects/<int:id>/", { id: 7 }),
    "wss://example.org/ws/projects/7/",
  );
  assert.equal(
    addressOf(server, "r/<room>/", { room: "a/b ü?#" }),
    "wss://example.org/r/a%2Fb%20%C3%BC%3F%23/",
  );
  assert.equal(addressOf(server, "f/<path:rest>", { rest: "a/b c" }), `${server}/f/a/b%20c`);
  assert.equal(addressOf("http://h:1/", "/x/", {}), "ws://h:1/x/");
  assert.equal(addressOf("https://h/base", "x/", {}), "wss://h/base/x/");
});

test("an address without its parts is an error", () => {
  assert.throws(() => addressOf("ws://h", "<id>/", {}), { code: "invalid" });
  for (const url of [undefined, "", "example.org", "//example.org", "ftp://example.org", "https:"])
    assert.throws(() => addressOf(url, "x/", {}), { code: "invalid" });
});

test("no parameter leads out of its channel", () => {
  for (const room of ["", ".", ".."])
    assert.throws(() => addressOf("ws://h", "ws/<room>/x/", { room }), { code: "invalid" });
  const rest = "../admin";
  assert.throws(() => addressOf("ws://h", "f/<path:rest>", { rest }), { code: "invalid" });
  assert.equal(addressOf("ws://h", "<room>/", { room: "..." }), "ws://h/.../");
});

// -------------------------------------------------------------------------------------- waiting

test("waits lie between the least and a ceiling that doubles", () => {
  const bounds = { min_ms: 500, max_ms: 10_000 };
  const ceilings = [1000, 2000, 4000, 8000, 10_000, 10_000];
  ceilings.forEach((ceiling, failures) => {
    assert.equal(retryDelay(failures, bounds, 0), 500);
    assert.equal(retryDelay(failures, bounds, 0.5), 500 + (ceiling - 500) / 2);
    assert(retryDelay(failures, bounds, 1 - Number.EPSILON) <= ceiling);
  });
  assert.equal(retryDelay(5000, bounds, 0), 500);
  assert.equal(retryDelay(0, { min_ms: 900, max_ms: 900 }, 0.9), 900);
});

function opened(options = {}): { server: FakeServer; channel: ProjectChannel } {
  const server = new FakeServer(options);
  return { server, channel: new ProjectChannel(server.options).open() };
}

test("a lost connection is made again, later and later, until it is let in", async () => {
  const { server, channel } = opened();
  server.page.dice = [0, 0, 0.999];
  const waits: (number | undefined)[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    (await server.connection()).drop();
    assert.equal(channel.status, "connecting");
    waits.push(server.page.next);
    await server.page.advance(server.page.next ?? 0);
  }
  assert.deepEqual(waits.slice(0, 2), [500, 500]);
  assert((waits[2] ?? 0) > 3990 && (waits[2] ?? 0) <= 4000);
  assert.equal(server.connections.length, 4);
  (await server.sync([1], [])).drop();
  assert.equal(server.page.next, 750);
});

test("a connection that says of itself only that it failed is made again soon", async () => {
  const { server, channel } = opened();
  (await server.connection()).failToOpen();
  assert.equal(channel.status, "connecting");
  assert((server.page.next ?? Infinity) <= 1000);
});

test("who cannot connect is told so, and goes on trying until it can", async () => {
  const { server, channel } = opened();
  assert.equal(channel.snapshot.error, null);
  (await server.connection()).drop();
  assert.equal(channel.status, "connecting");
  assert.equal(channel.snapshot.error?.code, "unreachable");
  assert.match(channel.error?.message ?? "", /URL is wrong/);
  await server.page.advance(750);
  assert.equal(channel.error?.code, "unreachable", "it is not known to be better");
  const connection = await server.sync([1], []);
  assert.equal(channel.error, null);
  connection.drop();
  assert.equal(channel.error, null, "it was there a moment ago");
  await server.page.advance(750);
  (await server.accept()).close(1013);
  assert.equal(channel.error?.code, "unreachable");
});

test("who is not let in in time is told so as well", async () => {
  const { server, channel } = opened();
  await server.accept();
  await server.page.advance(20_000);
  assert.equal(channel.error?.code, "unreachable");
});

/** What a channel says of it, and how often it was tried. */
async function hopeless(options: ClientOptions, room = "x"): Promise<[CoveyError | null, number]> {
  let attempts = 0;
  class Refusing extends FakeConnection {
    constructor(url: string) {
      super(url);
      attempts += 1;
      throw new SyntaxError("what a URL");
    }
  }
  const server = new FakeServer({ WebSocket: Refusing, ...options });
  const schema = { path: "<room>/", anchor: "b", many: false, models: {}, actions: {} };
  const channel = new Channel(schema, server.options, { room }).open();
  await server.page.advance(60_000);
  assert.equal(channel.status, "closed");
  return [channel.error, attempts];
}

test("what can never go well is said once, and not tried again", async () => {
  const [thrown, attempts] = await hopeless({});
  assert.equal(thrown?.code, "invalid");
  assert.match(thrown?.message ?? "", /what a URL/);
  assert(thrown?.cause instanceof SyntaxError);
  assert.equal(attempts, 1);
  for (const [given, room] of [
    [{ url: "example.org" }, "x"],
    [{ WebSocket: null as unknown as WebSocketConstructor }, "x"],
    [{}, "half a \ud83d"],
  ] as const) {
    const [error, tried] = await hopeless(given, room);
    assert.equal(error?.code, "invalid");
    assert.equal(tried, 0);
  }
});

test("the server says how long to wait at least and at most", async () => {
  const { server } = opened();
  const connection = await server.accept();
  connection.letIn({ retry: { min_ms: 2000, max_ms: 3000 } });
  server.page.dice = [0, 1];
  connection.drop();
  assert.equal(server.page.next, 2000);
  await server.page.advance(2000);
  (await server.connection()).drop();
  assert.equal(server.page.next, 3000);
});

test("a connection that is not let in for too long is given up", async () => {
  const { server, channel } = opened();
  const connection = await server.connection();
  await server.page.advance(19_999);
  assert.equal(connection.isClosed, false);
  await server.page.advance(1);
  assert.equal(connection.isClosed, true);
  assert.equal(channel.status, "connecting");
  await server.page.advance(750);
  assert.equal(server.connections.length, 2);
});

test("what a connection says that was given up is not heard", async () => {
  const { server, channel } = opened();
  const connection = await server.connection();
  await server.page.advance(20_000);
  connection.open();
  connection.letIn();
  assert.equal(channel.status, "connecting");
  connection.drop();
  assert.equal(channel.status, "connecting");
  assert.equal(server.page.next, 750);
});

test("a server that drains says when to come back, and is obeyed", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], []);
  connection.say({ type: "drain", delay_ms: 7000 });
  assert.equal(channel.status, "synced");
  await server.page.advance(3000);
  connection.close(1012);
  assert.equal(channel.status, "connecting");
  server.page.wake();
  await server.page.advance(3999);
  assert.equal(server.connections.length, 1);
  await server.page.advance(1);
  assert.equal(server.connections.length, 2);
});

test("of two that it says the later counts", async () => {
  const { server } = opened();
  const connection = await server.sync([1], []);
  connection.say({ type: "drain", delay_ms: 1000 }, { type: "drain", delay_ms: 3000 });
  connection.close(1012);
  await server.page.advance(2999);
  assert.equal(server.connections.length, 1);
  await server.page.advance(1);
  assert.equal(server.connections.length, 2);
});

test("an invitation that has passed when the connection ends is none", async () => {
  const { server } = opened();
  const connection = await server.sync([1], []);
  connection.say({ type: "drain", delay_ms: 1000 });
  await server.page.advance(2000);
  assert.equal(server.connections.length, 1);
  connection.close(1012);
  assert.equal(server.page.next, 750);
});

test("a channel that is opened anew while the server drains waits as well", async () => {
  const { server, channel } = opened();
  (await server.sync([1], [])).say({ type: "drain", delay_ms: 1000 });
  channel.close();
  channel.open();
  await settled();
  assert.equal(server.connections.length, 1);
  await server.page.advance(1000);
  assert.equal(server.connections.length, 2);
});

test("a page that is looked at again does not wait", async () => {
  const { server } = opened();
  (await server.connection()).drop();
  server.page.wake();
  await settled();
  assert.equal(server.connections.length, 2);
  assert.equal(server.page.next, 20_000);
});

// ------------------------------------------------------------------------- is anybody there

test("an attempt that hangs is given up soon once somebody looks", async () => {
  const { server } = opened();
  const hanging = await server.connection();
  await server.page.advance(3000);
  server.page.wake();
  await server.page.advance(3000);
  server.page.wake();
  assert.equal(hanging.isClosed, false);
  await server.page.advance(2000);
  assert.equal(hanging.isClosed, true);
  await server.page.advance(750);
  assert.equal(server.connections.length, 2);
  await server.page.advance(4250);
  assert.equal((await server.connection()).isClosed, false, "the next has time of its own");
});

test("an attempt that ends well in time is none the worse for it", async () => {
  const { server, channel } = opened();
  const connection = await server.accept();
  server.page.wake();
  await server.page.advance(4000);
  connection.letIn();
  connection.show([1], []);
  await server.page.advance(5000);
  assert.equal(channel.status, "synced");
});

test("a silent server is asked whether it is there, and left when it is not", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], []);
  await server.page.advance(30_000);
  assert.deepEqual(connection.sent, [{ callId: 1, action: "_", params: [] }]);
  connection.answerError(404, "no action");
  await server.page.advance(29_999);
  assert.equal(connection.sent.length, 1);
  await server.page.advance(1);
  assert.equal(connection.sent.length, 2);
  assert.equal(channel.status, "synced");
  await server.page.advance(5000);
  assert.equal(channel.status, "connecting");
  assert.equal(connection.isClosed, true);
});

test("silence is counted from the last that was heard", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], []);
  await server.page.advance(29_000);
  connection.say({ type: "runtimeVar", var: "viewers", value: 1 });
  await server.page.advance(29_999);
  assert.deepEqual(connection.sent, []);
  await server.page.advance(1);
  assert.equal(connection.sent.length, 1);
  await server.page.advance(5000);
  assert.equal(channel.status, "connecting");
});

test("a connection is put to the test when the network goes, and when somebody looks", async () => {
  const { server, channel } = opened();
  const connection = await server.sync([1], []);
  server.page.doubt();
  assert.equal(connection.last["action"], "_");
  connection.answerError(404, "no action");
  await server.page.advance(10_000);
  server.page.wake();
  assert.equal(connection.sent.length, 2);
  await server.page.advance(5000);
  assert.equal(channel.status, "connecting");
});

// ----------------------------------------------------------------------------- being refused

for (const [status, code] of [
  [401, "unauthorized"],
  [403, "denied"],
  [404, "not_found"],
  [400, "invalid"],
] as const) {
  test(`a refusal with ${status} is final, and leaves nothing to be seen`, async () => {
    const { server, channel } = opened();
    const title = row("b.Project", 1, { title: "P", lead: null, tasks: [], notes: [] });
    const first = await server.sync([1], [title]);
    first.say({ type: "runtimeVar", var: "viewers", value: 1 });
    assert.equal(channel.state?.title, "P");
    first.drop();
    await server.page.advance(750);
    const connection = await server.accept();
    connection.refuse(status, "error/no");
    assert.equal(channel.status, "closed");
    assert.equal(channel.error?.code, code);
    assert.equal(channel.state, null);
    assert.equal(channel.instance("b.Project", 1), null);
    assert.deepEqual(channel.runtimeState, {});
    assert.equal(connection.isClosed, true);
    assert.equal(server.page.next, undefined);
    channel.open();
    assert.equal(channel.error, null);
    assert.equal((await server.accept()).first["session"], undefined);
  });
}

test("a server that could not look is asked again", async () => {
  const { server, channel } = opened();
  const connection = await server.accept();
  connection.refuse(500, "error/load-failed");
  assert.equal(channel.status, "connecting");
  assert.equal(channel.error?.code, "failed");
  await server.page.advance(750);
  await server.sync([1], []);
  assert.equal(channel.error, null);
});

test("a normal close and a late refusal are final; all other ends are not", async () => {
  const finals = new Map([
    [1000, "closed"],
    [4403, "denied"],
  ]);
  for (const code of [1000, 4403, 1001, 1006, 1011, 1012, 1013, 4408, 4000]) {
    const { server, channel } = opened();
    (await server.sync([1], [])).close(code);
    const final = finals.get(code);
    assert.equal(channel.status, final ? "closed" : "connecting", `${code}`);
    assert.equal(channel.error?.code, final);
  }
});

// ------------------------------------------------------------------------- address and token

test("url and token may be functions, asked before every attempt", async () => {
  let count = 0;
  const { server } = opened({
    url: () => Promise.resolve(`https://server${(count += 1)}`),
    token: () => `token ${count}`,
  });
  assert.equal((await server.accept()).first["token"], "token 1");
  assert.equal((await server.connection()).url, "wss://server1/project/1/");
  (await server.connection()).drop();
  await server.page.advance(750);
  assert.equal((await server.connection()).url, "wss://server2/project/1/");
});

test("nobody has no token", async () => {
  const server = new FakeServer();
  const { token: _, ...options } = server.options;
  new ProjectChannel(options).open();
  assert.deepEqual((await server.accept()).first, { token: null, lastUpdate: null, covey: 1 });
});

test("a function that throws is asked again, unless it throws what is final", async () => {
  let isFinal = false;
  const { server, channel } = opened({
    token: () => {
      throw isFinal ? new CoveyError("unauthorized", "logged out") : new Error("offline");
    },
  });
  await settled();
  assert.equal(channel.status, "connecting");
  assert.equal(channel.error?.code, "unreachable");
  assert.match(channel.error?.message ?? "", /offline/);
  isFinal = true;
  await server.page.advance(750);
  assert.equal(channel.status, "closed");
  assert.equal(channel.error?.code, "unauthorized");
  assert.equal(server.connections.length, 0);
});

test("a wrong parameter is an error that ends it", async () => {
  const server = new FakeServer();
  const schema = { path: "<id>/", anchor: "b", many: false, models: {}, actions: {} };
  const channel = new Channel(schema, server.options).open();
  await settled();
  assert.equal(channel.status, "closed");
  assert.equal(channel.error?.code, "invalid");
});

test("a channel that is closed while it asks for its token does not connect", async () => {
  let answer: (token: string) => void = () => {};
  const { server, channel } = opened({
    token: () => new Promise<string>((resolve) => (answer = resolve)),
  });
  await settled();
  channel.close();
  answer("late");
  await settled();
  assert.equal(server.connections.length, 0);
  assert.equal(server.page.next, undefined);
});

test("a listener may close and open the channel at any moment", async () => {
  const server = new FakeServer();
  const channel = new ProjectChannel(server.options);
  const seen: string[] = [];
  let isOnce = true;
  channel.subscribe(() => {
    seen.push(channel.status);
    if (channel.status !== "connecting" || !isOnce) return;
    isOnce = false;
    channel.close();
    channel.open();
  });
  const connections: FakeConnection[] = [await server.sync([1], [])];
  connections[0]?.drop();
  connections.push(await server.sync([1], []));
  assert.equal(channel.status, "synced");
  assert.equal(server.connections.length, 2);
  assert.equal(server.page.next, 30_000);
});
