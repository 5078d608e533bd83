/*
 * Against the board example, which BOARD names; without it these are skipped.
 */
import { spawn } from "node:child_process";
import { test } from "node:test";
import assert from "node:assert/strict";
import type { Channel, ClientOptions } from "covey";
import { Dice, seedOfRun } from "./dice.js";
import { ProjectChannel, ProjectListChannel } from "./generated_board.js";

const program = process.env["BOARD"] ?? "";
const skip = program === "" && "BOARD does not name the board example";
const seconds = 60;

class Board {
  readonly port: Promise<number>;
  readonly #process: ReturnType<typeof spawn>;
  readonly #ended: Promise<void>;

  constructor(...flags: readonly string[]) {
    this.#process = spawn(program, flags, { stdio: ["ignore", "pipe", "inherit"] });
    this.#ended = new Promise((resolve) => this.#process.once("exit", () => resolve()));
    this.port = new Promise((resolve, reject) => {
      this.#process.once("exit", () => reject(new Error("the board has ended")));
      this.#process.stdout.setEncoding("utf8");
      this.#process.stdout.on("data", (text) => {
        const port = /listening on .*:(\d+)/.exec(text)?.[1];
        if (port) resolve(Number(port));
      });
    });
  }

  async stop(signal: "SIGINT" | "SIGKILL" = "SIGINT"): Promise<void> {
    this.#process.kill(signal);
    await this.#ended;
  }
}

/** Runs a test with a board of its own, and closes what was opened. */
function onBoard(
  name: string,
  run: (options: ClientOptions, keep: <C extends AnyChannel>(channel: C) => C) => Promise<void>,
): void {
  test(name, { skip, timeout: seconds * 1000 }, async () => {
    const board = new Board("--port", "0");
    const channels: AnyChannel[] = [];
    try {
      const url = `http://127.0.0.1:${await board.port}`;
      await run({ url, token: "alice-token" }, (channel) => {
        channels.push(channel.open());
        return channel;
      });
    } finally {
      for (const channel of channels) channel.close();
      await board.stop();
    }
  });
}

type AnyChannel = Pick<Channel<unknown>, "open" | "close" | "subscribe" | "status" | "connected">;

/** Waits until something is so; what it is until then says the error. */
async function until(channel: AnyChannel, what: string, isSo: () => boolean): Promise<void> {
  if (isSo()) return;
  await new Promise<void>((resolve, reject) => {
    const fail = () => reject(new Error(`not ${what}: ${channel.status}`));
    const timer = setTimeout(fail, (seconds / 3) * 1000);
    const stop = channel.subscribe(() => {
      if (!isSo()) return;
      clearTimeout(timer);
      stop();
      resolve();
    });
  });
}

async function synced<C extends AnyChannel>(channel: C): Promise<C> {
  await until(channel, "synced", () => channel.connected);
  return channel;
}

onBoard("state, variables and calls are what the board has", async (options, keep) => {
  const one = await synced(keep(new ProjectChannel(options, { project_id: 1 })));
  const { state } = one;
  assert.equal(state?.name, "Website");
  assert.deepEqual(state?.members.map(({ name }) => name), ["Alice", "Bob"]);
  assert.deepEqual(
    state?.tasks.map(({ done, assignee }) => [done, assignee?.name]),
    [
      [true, "Alice"],
      [false, "Bob"],
      [false, undefined],
    ],
  );
  assert.deepEqual(state?.notes.map(({ id }) => id), [1, 3], "another's note is not there");
  assert.equal(state?.tasks[0]?.assignee, state?.members[0]);
  assert.deepEqual(one.runtimeState, { viewers: 1 });

  assert.equal(await one.add(1, 2), 3);
  assert.equal(await one.add({ b: 5, a: 2 }), 7);
  await assert.rejects(one.fail(409, "no"), { code: "conflict", status: 409, message: "no" });
  await assert.rejects(one.call("burn"), { code: "not_found" });
  await assert.rejects(one.call("add", ["x"]), { code: "invalid" });
  await assert.rejects(one.slow(500, { timeoutMilliseconds: 50 }), { code: "timed_out" });
  assert.equal(await one.slow(1), await one.slow({ milliseconds: 1 }));
});

onBoard("the board says that it is there", async (options, keep) => {
  const often = { ...options, heartbeatMilliseconds: 20 };
  const one = await synced(keep(new ProjectChannel(often, { project_id: 1 })));
  const seen = new Set<string>();
  one.subscribe(() => seen.add(one.status));
  await one.slow(300);
  one.open();
  assert.equal(one.connected, true);
  assert.deepEqual([...seen], []);
});

onBoard("what one client does, the other sees", async (options, keep) => {
  const one = await synced(keep(new ProjectChannel(options, { project_id: 1 })));
  const bob = { ...options, token: () => Promise.resolve("bob-token") };
  const other = await synced(keep(new ProjectChannel(bob, { project_id: 1 })));
  await until(one, "two", () => one.runtimeState.viewers === 2);
  assert.deepEqual(other.state?.notes.map(({ id }) => id), [2]);

  assert.equal(await one.rename("Site"), true);
  await until(other, "renamed", () => other.state?.name === "Site");

  const before = other.state;
  const done = one.save("board.Task", 2, { done: true });
  assert.equal(one.state?.tasks[1]?.done, true, "before the answer");
  await done;
  await until(other, "done", () => other.state?.tasks[1]?.done === true);
  assert.equal(other.state?.tasks[0], before?.tasks[0]);

  const created = one.create("board.Project", 1, "tasks", { title: "new", done: false });
  assert.equal(one.state?.tasks.at(-1)?.title, "new");
  const renamed = one.save("board.Task", one.state?.tasks.at(-1)?.id ?? 0, { title: "newer" });
  const id = await created;
  await renamed;
  await until(other, "created", () => other.instance("board.Task", id)?.title === "newer");

  await other.delete("board.Task", id);
  await until(one, "deleted", () => one.instance("board.Task", id) === null);
  await assert.rejects(one.save("board.Task", id, { done: true }), { code: "not_found" });
  const text = ({ state }: ProjectChannel) => JSON.stringify(state?.tasks);
  await until(one, "equal", () => text(one) === text(other));

  other.close();
  await until(one, "alone", () => one.runtimeState.viewers === 1);
});

onBoard("lists are searched, grow, and rows move between their anchors", async (options, keep) => {
  const all = await synced(keep(new ProjectListChannel(options)));
  const names = () => all.state?.map(({ name }) => name).join();
  assert.equal(names(), "Web shop,Mobile app,Website");
  await all.save("board.Task", 4, { project: 3 });
  await until(all, "moved", () => all.state?.[0]?.tasks.length === 2);
  const tasks = all.state?.map(({ tasks }) => tasks.map(({ id }) => id));
  assert.deepEqual(tasks, [[5, 4], [], [1, 2, 3]]);

  assert.equal(await all.search("Web"), null);
  await until(all, "found", () => names() === "Web shop,Website");
  await all.search("nothing");
  await until(all, "empty", () => names() === "");
  assert.equal(all.connected, true);
  await all.search("");
  await until(all, "all", () => names() === "Web shop,Mobile app,Website");
  const id = await all.createProject("Fourth");
  await until(all, "created", () => names() === "Fourth,Web shop,Mobile app,Website");
  assert.equal(all.state?.[0]?.id, id);
});

onBoard("a refusal says why", async (options, keep) => {
  const stranger = keep(new ProjectListChannel({ ...options, token: "nobody" }));
  await until(stranger, "refused", () => stranger.status === "closed");
  assert.equal(stranger.error?.code, "unauthorized");
  const missing = keep(new ProjectChannel(options, { project_id: 99 }));
  await until(missing, "refused", () => missing.status === "closed");
  assert.equal(missing.error?.code, "not_found");
  const one = await synced(keep(new ProjectChannel(options, { project_id: 1 })));
  const hidden = { code: "not_found", message: "not in this context" };
  await assert.rejects(one.save("board.Task", 4, { title: "of another project" }), hidden);
});

onBoard("what is not served cannot be reached, and is said to be so", async (options, keep) => {
  const url = `${options.url}/elsewhere`;
  const wrong = keep(new ProjectChannel({ ...options, url }, { project_id: 1 }));
  await until(wrong, "unreachable", () => wrong.error !== null);
  assert.deepEqual([wrong.status, wrong.error?.code], ["connecting", "unreachable"]);
});

onBoard("a lost connection is taken up where it was", async (options, keep) => {
  const sockets: WebSocket[] = [];
  const texts: string[] = [];
  class Watched extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
      this.addEventListener("message", ({ data }) => void texts.push(String(data)));
    }
  }
  const one = await synced(
    keep(new ProjectChannel({ ...options, WebSocket: Watched }, { project_id: 1 })),
  );
  const other = await synced(keep(new ProjectChannel(options, { project_id: 1 })));
  const before = one.state;
  sockets[0]?.close(4000);
  await until(one, "lost", () => one.status === "connecting");
  texts.length = 0;
  await other.delete("board.Task", 1);
  await other.save("board.Task", 2, { title: "meanwhile" });
  await until(one, "synced", () => one.connected);
  assert(texts.some((text) => text.includes('"resumed":true')));
  assert(!texts.some((text) => text.includes("initialAnchors")));
  assert.deepEqual(one.state?.tasks.map(({ title }) => title), ["meanwhile", "Choose a font"]);
  assert.equal(one.state?.members, before?.members);
});

async function doSomething(list: ProjectListChannel, dice: Dice, title: string): Promise<void> {
  const project = dice.one(list.state ?? []);
  const task = dice.one(project?.tasks ?? []);
  const repeat = { repeat: true };
  const kind = dice.below(10);
  if (!project) return;
  if (kind === 0) await list.save("board.Project", project.id, { name: title }, repeat);
  else if (kind <= 2 || !task) {
    await list.create("board.Project", project.id, "tasks", { title, done: false });
  } else if (kind === 3) await list.delete("board.Task", task.id);
  else if (kind <= 5) {
    await list.save("board.Task", task.id, { project: 1 + dice.below(3) }, repeat);
  } else {
    const assignee = dice.chance(30) ? null : 1 + dice.below(3);
    await list.save("board.Task", task.id, { title, assignee });
  }
}

onBoard("clients that do whatever they like agree in the end", async (options, keep) => {
  const dice = new Dice(seedOfRun("board"));
  const sockets = new Set<WebSocket>();
  class Watched extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.add(this);
    }
  }
  const mine = { ...options, WebSocket: Watched };
  const lists = [1, 2, 3].map(() => keep(new ProjectListChannel(mine)));
  for (const list of lists) await synced(list);
  for (let turn = 0; turn < 300; turn += 1) {
    const list = dice.one(lists);
    // Some are refused, or lost.
    if (list) void doSomething(list, dice, `title ${turn}`).catch(() => {});
    if (dice.chance(3)) dice.one([...sockets])?.close(4000);
    if (dice.chance(30)) await list?.add(1, 2, { repeat: true });
  }
  for (const list of lists) {
    await synced(list);
    await list.add(1, 2, { repeat: true });
  }
  await lists[0]?.save("board.Project", 1, { name: "the end" });
  const text = (list: ProjectListChannel) => JSON.stringify(list.state);
  for (const list of lists) {
    await until(list, "at the end", () => text(list).includes("the end"));
  }
  const fresh = await synced(keep(new ProjectListChannel(options)));
  for (const list of lists) assert.equal(text(list), text(fresh));
});

test("clients survive a server that is killed", { skip, timeout: seconds * 1000 }, async () => {
  let board = new Board("--port", "0");
  const port = await board.port;
  const options = { url: `http://127.0.0.1:${port}`, token: "alice-token" };
  const channels = [1, 2].map((id) => new ProjectChannel(options, { project_id: id }).open());
  try {
    for (const channel of channels) await synced(channel);
    const [one] = channels;
    assert(one);
    await one.rename("before");
    await until(one, "renamed", () => one.state?.name === "before");
    const failure = assert.rejects(one.slow(5000), { code: "disconnected" });
    await board.stop("SIGKILL");
    await failure;
    assert.equal(one.connected, false);
    assert.equal(one.state?.name, "before", "what was known last");
    board = new Board("--port", String(port));
    await board.port;
    for (const channel of channels) await synced(channel);
    assert.equal(one.state?.name, "Website", "what the new one has");
  } finally {
    for (const channel of channels) channel.close();
    await board.stop();
  }
});
