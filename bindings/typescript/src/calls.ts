import { CoveyError } from "./errors.js";
import type { ErrorCode } from "./errors.js";
import type { Platform } from "./platform.js";
import type { Answer } from "./wire.js";

/** How a call is made. */
export interface CallOptions {
  /** How long to wait for the answer, for a connection included. */
  readonly timeoutMilliseconds?: number;
  /**
   * Whether the server may do it twice: then it is asked again when the connection was lost before
   * the answer came. Without it, the call fails with `disconnected`, and nobody knows whether it
   * was done.
   */
  readonly repeat?: boolean;
}

/** How far the server has let this side in: not yet; it answers; what it shows is here. */
export const enum Access {
  none,
  calls,
  writes,
}

/** A question to the server. */
export interface Question {
  /** The frame, under an id for the answer. */
  frame(id: number): string;
  /** What it takes to ask. */
  readonly needs: Access;
  readonly options: CallOptions | undefined;
  /** Told at once of how it ended, before anything else is. */
  ended?(answer: Answer): void;
}

interface OpenCall {
  readonly text: string;
  readonly question: Question;
  isSent: boolean;
  end(answer: Answer): void;
}

/** The questions that wait for their answers, each with a deadline. */
export class Calls {
  readonly #platform: Platform;
  readonly #send: (text: string) => void;
  readonly #timeoutMilliseconds: number;
  readonly #open = new Map<number, OpenCall>();
  #lastID = 0;
  #access = Access.none;

  constructor(platform: Platform, timeoutMilliseconds: number, send: (text: string) => void) {
    this.#platform = platform;
    this.#timeoutMilliseconds = timeoutMilliseconds;
    this.#send = send;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Asks now, or as soon as the server lets it. */
  ask(question: Question): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = (this.#lastID += 1);
      const text = question.frame(id);
      const milliseconds = question.options?.timeoutMilliseconds ?? this.#timeoutMilliseconds;
      const stop = this.#platform.timer(milliseconds, () => {
        call.end(failure("timed_out", `no answer within ${milliseconds} ms`));
      });
      const call: OpenCall = {
        text,
        question,
        isSent: false,
        end: (answer) => {
          stop();
          this.#open.delete(id);
          question.ended?.(answer);
          if ("error" in answer) reject(answer.error);
          else resolve(answer.result);
        },
      };
      this.#open.set(id, call);
      this.#offer(call);
    });
  }

  /** The server has let this side in so far: what waited for it is asked. */
  letIn(access: Access): void {
    this.#access = access;
    for (const call of this.#open.values()) this.#offer(call);
  }

  /** Takes an answer; one that nobody waits for any more is ignored. */
  answered(id: unknown, answer: Answer): void {
    this.#open.get(id as number)?.end(answer);
  }

  /** The connection is lost. What may be asked again will be; the rest fails. */
  lost(): void {
    this.#access = Access.none;
    for (const call of [...this.#open.values()]) {
      if (call.isSent && !call.question.options?.repeat) {
        call.end(failure("disconnected", "connection lost before the answer"));
      }
      call.isSent = false;
    }
  }

  /** Nothing is going to be answered any more. */
  fail(error: CoveyError): void {
    this.#access = Access.none;
    for (const call of [...this.#open.values()]) call.end({ error });
  }

  #offer(call: OpenCall): void {
    if (call.isSent || this.#access < call.question.needs) return;
    call.isSent = true;
    this.#send(call.text);
  }
}

function failure(code: ErrorCode, message: string): Answer {
  return { error: new CoveyError(code, message) };
}
