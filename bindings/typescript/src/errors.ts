/**
 * What can go wrong:
 *
 *     invalid        400  an argument, a frame or a parameter is not what it must be
 *     unauthorized   401  the token is missing or unknown
 *     denied         403  not allowed
 *     not_found      404  no such action or anchor, or the row is gone
 *     conflict       409  somebody else was first
 *     full           429  too many calls wait for an answer
 *     failed         500  the server failed, or any status that is not listed here
 *     timed_out      504  no answer before the deadline
 *     unreachable         no connection could be made; it is tried again
 *     disconnected        the connection was lost before the answer came
 *     closed              the channel was closed, by this side or by the server
 */
export type ErrorCode =
  | "invalid"
  | "unauthorized"
  | "denied"
  | "not_found"
  | "conflict"
  | "full"
  | "failed"
  | "timed_out"
  | "unreachable"
  | "disconnected"
  | "closed";

const codes: { readonly [status: number]: ErrorCode } = {
  400: "invalid",
  401: "unauthorized",
  403: "denied",
  404: "not_found",
  409: "conflict",
  429: "full",
  504: "timed_out",
};

/** The error that everything of this package rejects with. */
export class CoveyError extends Error {
  /** What kind of error it is. */
  readonly code: ErrorCode;
  /** The number that the server gave, which may be one of its own; undefined: it was not asked. */
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, options?: { status?: number; cause?: unknown }) {
    super(message, options);
    this.name = "CoveyError";
    this.code = code;
    this.status = options?.status;
  }
}

/** An error that is of this kind, unless it is one of ours already. */
export function errorFrom(cause: unknown, code: ErrorCode): CoveyError {
  return cause instanceof CoveyError ? cause : new CoveyError(code, String(cause), { cause });
}

/** What the server's error is; what only programs understand of its text is made readable. */
export function errorOf(status: number, message: unknown = "refused"): CoveyError {
  const [, words] = /^error\/(.*)/.exec(String(message)) ?? [];
  const text = words ? `the server refused: ${words.replaceAll("-", " ")}` : String(message);
  return new CoveyError(codes[status] ?? "failed", text, { status });
}
