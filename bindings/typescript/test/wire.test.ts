import { test } from "node:test";
import assert from "node:assert/strict";
import { CoveyError } from "covey";
import { errorFrom, errorOf } from "#dist/errors.js";
import { Replica } from "#dist/replica.js";
import { actionFrame, answerOf, firstFrame, read, stampOf, writeFrame } from "#dist/wire.js";
import type { AnswerFrame, ServerFrame, StateFrame } from "#dist/wire.js";
import { stands, vectors } from "./vectors.js";
import { list, one } from "./world.js";

const server = vectors("server");
const client = vectors("client");
const stamp = Number(stands.T);

function said(name: string): ServerFrame {
  const frame = read(server.get(name)?.text ?? "");
  assert(frame, name);
  return frame;
}

function stateOf(...names: readonly string[]): StateFrame[] {
  return names.map((name) => said(name) as StateFrame);
}

test("every frame that the server sends is read", () => {
  for (const { name, text } of server.values()) assert(read(text), name);
});

test("every refusal has its code, and words that people understand", () => {
  const codes: { readonly [name: string]: readonly [code: string, message: string] } = {
    "auth-400": ["invalid", "the server refused: missing token"],
    "auth-401": ["unauthorized", "the server refused: unauthorized"],
    "auth-403": ["denied", "the server refused: forbidden"],
    "auth-404": ["not_found", "the server refused: not found"],
    "auth-500": ["failed", "the server refused: load failed"],
  };
  for (const [name, expected] of Object.entries(codes)) {
    const frame = said(name) as { statusCode: number; error: string };
    const { code, status, message } = errorOf(frame.statusCode, frame.error);
    assert.deepEqual([code, message], expected);
    assert.equal(status, frame.statusCode);
  }
  assert.equal(errorOf(403, "ask Ann to let you in").message, "ask Ann to let you in");
});

test("answers are results or errors with a code", () => {
  const answers: { readonly [name: string]: unknown } = {
    "action-result": { name: "x" },
    "action-null": null,
    "action-400": "invalid",
    "action-403": "denied",
    "action-404": "not_found",
    "action-429": "full",
    "action-500": "failed",
    "action-504": "timed_out",
    "write-success": 5,
    "write-400-operation": "invalid",
    "write-400-context": "invalid",
    "write-403": "denied",
  };
  for (const [name, expected] of Object.entries(answers)) {
    const frame = said(name) as AnswerFrame;
    const answer = answerOf(frame, frame.result ?? frame.instanceId ?? null);
    assert.deepEqual("error" in answer ? answer.error.code : answer.result, expected, name);
  }
});

test("a stamp says that the state is complete", () => {
  const stamps: { readonly [name: string]: number } = {
    "own-snapshot": 0,
    "own-resumed-rows": 0,
    "end-of-an-anchor": 0,
    "end-of-the-last-anchor": stamp,
    "own-update": stamp,
    "own-create": stamp,
    "own-delete": stamp,
  };
  for (const [name, expected] of Object.entries(stamps)) {
    assert.equal(stampOf(said(name) as []), expected, name);
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
  assert.deepEqual(read('[1,null,"x",[2]]'), [[2]]);
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
  const error = errorFrom(cause, "disconnected");
  assert(error instanceof CoveyError && error instanceof Error);
  assert.equal(error.cause, cause);
  assert.equal(error.name, "CoveyError");
  assert.equal(error.status, undefined);
  assert.equal(errorFrom(error, "invalid"), error);
  assert.equal(errorOf(418, "tea").code, "failed");
  assert.equal(errorOf(418, "tea").status, 418);
});
