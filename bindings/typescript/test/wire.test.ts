import { test } from "node:test";
import assert from "node:assert/strict";
import { CoveyError } from "covey";
import type { ErrorCode } from "covey";
import { Replica } from "#dist/replica.js";
import { actionFrame, firstFrame, read, writeFrame } from "#dist/wire.js";
import type { ServerMessage, StateFrame } from "#dist/wire.js";
import { stands, vectors } from "./vectors.js";
import { list, one } from "./world.js";

const server = vectors("server");
const client = vectors("client");
const stamp = Number(stands.T);

function said(name: string): ServerMessage {
  const message = read(server.get(name)?.text ?? "");
  assert(message, name);
  return message;
}

function stateOf(...names: readonly string[]): StateFrame[] {
  return names.map((name) => {
    const message = said(name);
    assert(message.kind === "state", name);
    return message.frame;
  });
}

test("every frame that the server sends is understood", () => {
  for (const { name, text } of server.values()) {
    const message = read(text);
    assert(message, name);
    assert(message.kind !== "message", name);
  }
});

test("being let in brings a session and how to come back", () => {
  assert.deepEqual(said("own-auth"), {
    kind: "auth",
    session: stands.S,
    isResumed: false,
    retry: { minMilliseconds: 500, maxMilliseconds: 10_000 },
  });
  assert.equal((said("own-auth-resumed") as { isResumed: boolean }).isResumed, true);
  assert.deepEqual(said("auth-200"), {
    kind: "auth",
    session: undefined,
    isResumed: false,
    retry: undefined,
  });
});

test("every refusal has its code", () => {
  const codes: { readonly [name: string]: ErrorCode } = {
    "auth-400": "invalid",
    "auth-401": "unauthorized",
    "auth-403": "denied",
    "auth-404": "not_found",
    "auth-500": "failed",
  };
  for (const [name, code] of Object.entries(codes)) {
    const message = said(name);
    assert(message.kind === "refusal");
    assert.equal(message.error.code, code);
    assert.equal(message.error.status, Number(name.slice(-3)));
    assert.match(message.error.message, /^error\//);
  }
});

test("answers are results or errors with a code", () => {
  const answers: { readonly [name: string]: readonly [id: unknown, answer: unknown] } = {
    "action-result": [1795247640458000000, { name: "x" }],
    "action-null": ["a", null],
    "action-400": [3, "invalid"],
    "action-403": [3, "denied"],
    "action-404": [3, "not_found"],
    "action-429": [7, "full"],
    "action-500": [3, "failed"],
    "action-504": [4, "timed_out"],
    "write-success": [1, 5],
    "write-400-operation": [3, "invalid"],
    "write-400-context": [2, "invalid"],
    "write-403": [2, "denied"],
  };
  for (const [name, [id, expected]] of Object.entries(answers)) {
    const message = said(name);
    assert(message.kind === "answer", name);
    assert.equal(message.id, id);
    const { answer } = message;
    assert.deepEqual("error" in answer ? answer.error.code : answer.result, expected, name);
  }
});

test("all other frames say what they say", () => {
  assert.deepEqual(said("runtime-variable"), { kind: "variable", name: "notifications", value: 7 });
  assert.deepEqual(said("own-drain"), { kind: "drain", milliseconds: 4321 });
  const system = { source: "system", message: "x" };
  assert.deepEqual(said("system"), { kind: "system", detail: system });
  const maintenance = { source: "maintenance", message: "back soon" };
  assert.deepEqual(said("maintenance"), { kind: "system", detail: maintenance });
});

test("a stamp says that the state is complete", () => {
  const stamps: { readonly [name: string]: number } = {
    "own-initial-anchors": 0,
    "own-snapshot": 0,
    "own-resumed-rows": 0,
    "end-of-an-anchor": 0,
    "end-of-the-last-anchor": stamp,
    "own-update": stamp,
    "own-create": stamp,
    "own-delete": stamp,
    "prepend-anchor": 0,
  };
  for (const [name, expected] of Object.entries(stamps)) {
    assert.equal((said(name) as { stamp: number }).stamp, expected, name);
  }
});

test("a snapshot, and what changes, make the state that they must", () => {
  const replica = new Replica(one);
  const later = (frames: StateFrame[], by: number) =>
    frames.map((frame) =>
      Array.isArray(frame)
        ? frame.map((row) => ({ ...row, _version: (row["_version"] as number) + by }))
        : frame,
    );
  replica.apply(stateOf("own-initial-anchors", "own-snapshot", "end-of-the-last-anchor"));
  const mia = { id: 3, name: "Mia", files: [] };
  const task = { id: 5, project: 1, title: "t5", who: null, rank: null };
  assert.deepEqual(replica.state, { id: 1, title: "P", lead: mia, tasks: [task], notes: [] });
  replica.apply(stateOf("own-update"));
  assert.deepEqual(replica.instance("b.Task", 5), task, "not newer");
  replica.apply(later(stateOf("own-update"), 1));
  assert.deepEqual(replica.instance("b.Task", 5), { ...task, title: "x" });
  replica.apply(later(stateOf("own-create"), 2));
  const created = { id: 6, project: 1, title: "t6", who: null, rank: null };
  assert.deepEqual((replica.state as { tasks: unknown }).tasks, [{ ...task, title: "x" }, created]);
  replica.apply(later(stateOf("own-relation-to-null"), 3));
  replica.apply(later(stateOf("own-delete"), 4));
  assert.deepEqual((replica.state as { tasks: unknown }).tasks, [{ ...task, title: "x" }]);
  replica.apply(later(stateOf("own-resumed-rows"), 5));
  const resumed = [{ ...task, title: "y" }];
  assert.deepEqual(replica.state, { id: 1, title: "R", lead: mia, tasks: resumed, notes: [] });
});

test("lists of anchors do too", () => {
  const replica = new Replica(list);
  replica.apply(stateOf("own-initial-anchors-empty", "end-of-the-last-anchor"));
  assert.deepEqual(replica.state, []);
  replica.apply(stateOf("append-anchor"));
  const appended = { id: 2, title: "Q", lead: null, tasks: [], notes: [] };
  assert.deepEqual(replica.state, [appended]);
  replica.apply(stateOf("remove-anchor"));
  assert.deepEqual(replica.state, []);
  replica.apply(stateOf("prepend-anchor", "append-anchor"));
  assert.deepEqual(replica.state, [appended]);
});

test("the cures that RxDjango's clients need do no harm", () => {
  const replica = new Replica(one);
  replica.apply(stateOf("initial-anchors-one", "snapshot", "create", "relation-to-null", "delete"));
  const mia = { id: 3, name: "Mia", files: [] };
  const task = { id: 5, project: 1, title: "t5", who: null, rank: null };
  assert.deepEqual(replica.state, { id: 1, title: "P", lead: mia, tasks: [task], notes: [] });
});

test("what is no frame is nothing", () => {
  for (const text of ["", "{", "hello", "1", "null", '"x"']) assert.equal(read(text), undefined);
  assert.deepEqual(read('[1,null,"x",[2]]'), { kind: "state", frame: [[2]], stamp: 0 });
  const own = { kind: "message", detail: { type: "toast", text: "x" } };
  assert.deepEqual(read('{"type":"toast","text":"x"}'), own);
  assert.equal(read("{}")?.kind, "message");
});

test("what is sent is what the server reads", () => {
  const write = { instanceType: "b.Task", instanceId: 42 };
  const sent: { readonly [name: string]: string } = {
    "own-first": firstFrame("ann", null),
    "own-first-again": firstFrame("ann", stamp, stands.S),
    "action-by-name": actionFrame(1, "rename", { title: "x" }),
    "action-unknown": actionFrame(1, "burn", []),
    "write-save": writeFrame(1, { operation: "save", ...write, data: { title: "x" } }),
    "write-create": writeFrame(2, {
      operation: "create",
      instanceType: "b.Task",
      parentType: "b.Project",
      parentId: 1,
      relationName: "tasks",
      data: { title: "x" },
    }),
    "write-delete": writeFrame(3, { operation: "delete", ...write }),
  };
  for (const [name, text] of Object.entries(sent)) assert.equal(text, client.get(name)?.text, name);
});

test("errors are errors, and keep what caused them", () => {
  const cause = new Error("x");
  const error = new CoveyError("disconnected", "lost", { cause });
  assert(error instanceof Error);
  assert.equal(error.cause, cause);
  assert.equal(error.name, "CoveyError");
  assert.equal(error.status, undefined);
  assert.equal(CoveyError.ofStatus(418, "tea").code, "failed");
  assert.equal(CoveyError.ofStatus(418, "tea").status, 418);
});
