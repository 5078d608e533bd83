/*
 * Frames: JSON texts, as they come and go. What cannot be understood is nothing, not an error.
 */
import { CoveyError } from "./errors.js";
import type { RetryBounds } from "./backoff.js";
import type { Id, Json, Row } from "./types.js";

/** What the server says about state: rows, or which anchors there are. */
export type StateFrame = readonly Row[] | AnchorFrame;

export type AnchorFrame =
  | { readonly type: "initialAnchors"; readonly anchorIds: readonly Id[]; readonly reset?: boolean }
  | { readonly type: "prependAnchor"; readonly anchorId: Id };

/** What the server says. */
export type ServerMessage =
  /** `stamp`: up to where the state is complete with this; 0: not yet. */
  | { readonly kind: "state"; readonly frame: StateFrame; readonly stamp: number }
  /** Let in; with `resumed` only what changed follows. */
  | {
      readonly kind: "auth";
      readonly session: string | undefined;
      readonly isResumed: boolean;
      readonly retry: RetryBounds | undefined;
    }
  | { readonly kind: "refusal"; readonly error: CoveyError }
  | { readonly kind: "variable"; readonly name: string; readonly value: unknown }
  | { readonly kind: "answer"; readonly id: unknown; readonly answer: Answer }
  /** It is about to close, and wants to be left alone for so long. */
  | { readonly kind: "drain"; readonly milliseconds: number }
  | { readonly kind: "system"; readonly detail: SystemMessage }
  /** Something that the server's program made up. */
  | { readonly kind: "message"; readonly detail: { readonly [name: string]: Json } };

/** What those who run a server say to everybody. */
export interface SystemMessage {
  readonly source: string;
  readonly message: string;
}

/** What was answered, of an action or a write; or why it was not done. */
export type Answer = { readonly result: unknown } | { readonly error: CoveyError };

type Frame = { readonly [name: string]: unknown };

/** Reads a text frame of the server; undefined when it is none. */
export function read(text: string): ServerMessage | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(frame)) return readRows(frame);
  return isObject(frame) ? readObject(frame) : undefined;
}

function readRows(all: readonly unknown[]): ServerMessage {
  const rows = all.filter(isObject);
  let stamp = 0;
  for (const { _tstamp: time } of rows) if ((time as number) > stamp) stamp = time as number;
  return { kind: "state", frame: rows, stamp };
}

function readObject(frame: Frame): ServerMessage {
  const { type, source, callId, result, writeId, instanceId } = frame;
  switch (type) {
    case "auth":
      return readAuth(frame);
    case "initialAnchors":
    case "prependAnchor":
      return { kind: "state", frame: frame as unknown as AnchorFrame, stamp: 0 };
    case "runtimeVar":
      return { kind: "variable", name: frame["var"] as string, value: frame["value"] };
    case "actionResponse":
      return { kind: "answer", id: callId, answer: readAnswer(frame, result) };
    case "writeResponse":
      return { kind: "answer", id: writeId, answer: readAnswer(frame, instanceId) };
    case "drain":
      return { kind: "drain", milliseconds: frame["delay_ms"] as number };
  }
  return type !== undefined && type === source
    ? { kind: "system", detail: { source: source as string, message: frame["message"] as string } }
    : { kind: "message", detail: frame as { [name: string]: Json } };
}

function readAuth(frame: Frame): ServerMessage {
  const { statusCode: status, error, session, resumed, retry } = frame;
  if (error !== undefined || status !== 200) {
    return { kind: "refusal", error: errorOf(status, error) };
  }
  return {
    kind: "auth",
    session: session as string | undefined,
    isResumed: resumed === true,
    retry: isObject(retry)
      ? { minMilliseconds: retry["min_ms"] as number, maxMilliseconds: retry["max_ms"] as number }
      : undefined,
  };
}

function readAnswer({ error, success }: Frame, result: unknown): Answer {
  if (error === undefined && success !== false) return { result };
  const { code, message } = isObject(error) ? error : { code: 500, message: error };
  return { error: errorOf(code, message) };
}

function errorOf(status: unknown, message: unknown): CoveyError {
  return CoveyError.ofStatus(status as number, String(message ?? "refused"));
}

function isObject(value: unknown): value is Frame {
  return typeof value === "object" && value !== null;
}

// ------------------------------------------------------------------------------ to the server

/** The first frame of a connection. */
export function firstFrame(token: string | null, stamp: number | null, session?: string): string {
  return JSON.stringify({ token, lastUpdate: stamp, covey: 1, session });
}

/** A call of an action; parameters in order or by name. */
export function actionFrame(id: number, action: string, parameters: unknown): string {
  return JSON.stringify({ callId: id, action, params: parameters });
}

/** What a write says. */
export interface WriteBody {
  readonly operation: "save" | "create" | "delete";
  readonly instanceType: string;
  readonly instanceId?: Id;
  readonly parentType?: string;
  readonly parentId?: Id;
  readonly relationName?: string;
  readonly data?: object;
}

export function writeFrame(id: number, body: WriteBody): string {
  return JSON.stringify({ type: "write", writeId: id, ...body });
}
