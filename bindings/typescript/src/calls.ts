import { CoveyError } from "./errors.js";
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
  /**
   * The frame, under an id for the answer; undefined while it cannot be said yet, or why it never
   * can.
   */
  frame(id: number): string | CoveyError | undefined;
  /** What it takes to ask. What takes nothing is asked at once, whatever else waits. */
  readonly needs: Access;
  readonly options: CallOptions | undefined;
  /** Told at once of how it ended, before anything else is. */
  ended?(answer: Answer): void;
}

interface OpenCall {
  readonly id: number;
  readonly question: Question;
  end(answer: Answer): void;
}

/** The questions that wait for answers, asked in the order they came, each with a deadline. */
export class Calls {
  readonly #platform: Platform;
  readonly #send: (text: string) => void;
  readonly #timeoutMilliseconds: number;
  readonly #open = new Map<number, OpenCall>();
  /** Those of them that were not asked yet, in their order. */
  #waiting = new Set<OpenCall>();
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

  /** Asks as soon as the server lets it, and all that was to be asked before is asked. */
  ask(question: Question): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = (this.#lastID += 1);
      const milliseconds = question.options?.timeoutMilliseconds ?? this.#timeoutMilliseconds;
      const stop = this.#platform.timer(milliseconds, () => {
        call.end(failure("timed_out", `no answer within ${milliseconds} ms`));
      });
      const call: OpenCall = {
        id,
        question,
        end: (answer) => {
          stop();
          this.#open.delete(id);
          this.#waiting.delete(call);
          question.ended?.(answer);
          if ("error" in answer) reject(answer.error);
          else resolve(answer.result);
          // Others may have waited for just this.
          this.#proceed();
        },
      };
      this.#open.set(id, call);
      if (question.needs) this.#waiting.add(call);
      else this.#send(question.frame(id) as string);
      this.#proceed();
    });
  }

  /** The server has let this side in so far: what waited for it is asked. */
  letIn(access: Access): void {
    this.#access = access;
    this.#proceed();
  }

  /** Takes an answer; one that nobody waits for any more is ignored. */
  answered(id: unknown, answer: Answer): void {
    this.#open.get(id as number)?.end(answer);
  }

  /** The connection is lost. What may be asked again will be; the rest fails. */
  lost(): void {
    this.#access = Access.none;
    for (const call of [...this.#open.values()]) {
      if (this.#waiting.has(call) || call.question.options?.repeat) continue;
      call.end(failure("disconnected", "connection lost before the answer"));
    }
    this.#waiting = new Set(this.#open.values());
  }

  /** Nothing is going to be answered any more. */
  fail(error: CoveyError): void {
    this.#access = Access.none;
    for (const call of [...this.#open.values()]) call.end({ error });
  }

  /** Asks what can be asked by now. */
  #proceed(): void {
    for (const call of this.#waiting) {
      const text = call.question.frame(call.id);
      if (text instanceof CoveyError) return call.end({ error: text });
      if (text === undefined || this.#access < call.question.needs) return;
      this.#waiting.delete(call);
      this.#send(text);
    }
  }
}

function failure(...given: ConstructorParameters<typeof CoveyError>): Answer {
  return { error: new CoveyError(...given) };
}
