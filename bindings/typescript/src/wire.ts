/*
 * Frames: JSON texts, as they come and go. What cannot be understood is nothing, not an error.
 */
import { errorFrom, errorOf } from "./errors.js";
import type { CoveyError } from "./errors.js";
import type { RetryBounds } from "./backoff.js";
import type { Id, Json, Row } from "./types.js";

/** What the server says about state: rows, or which anchors there are. */
export type StateFrame = readonly Row[] | AnchorFrame;

export type AnchorFrame =
  | { readonly type: "initialAnchors"; readonly anchorIds: readonly Id[]; readonly reset?: boolean }
  | { readonly type: "prependAnchor"; readonly anchorId: Id };

/** Let in; if it is resumed, only what changed follows. Or not, and why. */
export interface AuthFrame {
  readonly type: "auth";
  readonly statusCode: number;
  readonly error?: string;
  readonly session?: string;
  readonly resumed?: boolean;
  readonly retry?: RetryBounds;
}

/** What was answered, or why it was not done. */
export interface AnswerFrame {
  readonly result?: unknown;
  readonly instanceId?: Id;
  readonly error?: { readonly code: number; readonly message: string } | string;
}

/** What the server says, as it is on the wire. */
export type ServerFrame =
  | Row[]
  | AnchorFrame
  | AuthFrame
  | { readonly type: "runtimeVar"; readonly var: string; readonly value: unknown }
  | ({ readonly type: "actionResponse"; readonly callId: unknown } & AnswerFrame)
  | ({ readonly type: "writeResponse"; readonly writeId: unknown } & AnswerFrame)
  /** It is about to close, and wants to be left alone for so long. */
  | { readonly type: "drain"; readonly delay_ms: number }
  /** Said to everybody, if its type is its source; else something that the program made up. */
  | ({ readonly type?: undefined } & { readonly [name: string]: Json });

/** What those who run a server say to everybody. */
export interface SystemMessage {
  readonly source: string;
  readonly message: string;
}

/** How a question ended. */
export type Answer = { readonly result: unknown } | { readonly error: CoveyError };

/** Reads a text frame of the server; undefined when it is none. */
export function read(text: string): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    if (Array.isArray(frame)) return frame.filter(isObject) as Row[];
    return isObject(frame) ? (frame as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}

/** Up to where the state is complete with these rows; 0: not yet. */
export function stampOf(rows: readonly Row[]): number {
  let stamp = 0;
  for (const { _tstamp: time } of rows) if ((time as number) > stamp) stamp = time as number;
  return stamp;
}

export function answerOf({ error }: AnswerFrame, result: unknown): Answer {
  if (error === undefined) return { result };
  const { code = 500, message = error } = Object(error);
  return { error: errorOf(code, message) };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

// ------------------------------------------------------------------------------ to the server

/**
 * What JSON keeps of parameters or fields; whoever gave them may change them now. What it cannot
 * keep, and what it would make null of, is an error that says where it is.
 */
export function plain<Values extends object>(values: Values): Values {
  for (const [name, value] of Object.entries(values)) {
    try {
      JSON.stringify(value, (_, inner: unknown) => {
        if (typeof inner === "number" && !isFinite(inner)) throw `${inner} is not in JSON`;
        return inner;
      });
    } catch (cause) {
      const place = Array.isArray(values) ? Number(name) + 1 : name;
      throw errorFrom(`parameter ${place}: ${cause}`, "invalid");
    }
  }
  return JSON.parse(JSON.stringify(values)) as Values;
}

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
