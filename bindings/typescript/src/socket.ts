import { defaultRetry, retryDelay } from "./backoff.js";
import type { RetryBounds } from "./backoff.js";
import { errorFrom } from "./errors.js";
import type { CoveyError } from "./errors.js";
import type { Platform } from "./platform.js";

/** What of a WebSocket is used. */
export interface WebSocketLike {
  send(text: string): void;
  close(): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: { readonly data?: unknown; readonly code?: number }) => void,
  ): void;
}

/** A browser's `WebSocket`, or anything like it. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** Who uses a socket. */
export interface SocketUser {
  /**
   * How to connect, and what to say first; asked before every attempt. What fails here may go well
   * later; what `connect` throws never will.
   */
  prepare(): Promise<{ connect(): WebSocketLike; introduce(): string }>;
  received(text: string): void;
  /**
   * A connection is lost, or was not made. It is going to be tried again, unless it is stopped.
   *
   * @param code     Of the close frame, 1006 without one; undefined: given up by this side.
   * @param problem  Why it was given up, if that is known.
   */
  lost(code: number | undefined, problem: unknown): void;
}

const enum Phase {
  stopped,
  /** For its time to connect. */
  waiting,
  /** Until it is let in. */
  connecting,
  letIn,
}

/** How much longer an attempt may take once there is reason to believe that another would do. */
const wakeTimeoutMilliseconds = 5_000;

/**
 * A connection that is made again when it is lost, until it is stopped.
 *
 * Waits grow with each failure (see `retryDelay`), until the user says that it was let in. A server
 * that is about to close says when to come back, and is obeyed. A page that is looked at again, or
 * is online again, does not wait.
 */
export class Socket {
  readonly #platform: Platform;
  readonly #timeoutMilliseconds: number;
  readonly #user: SocketUser;
  #phase = Phase.stopped;
  #socket: WebSocketLike | undefined;
  /** Counts attempts: whatever an older one still has to say is not heard. */
  #attempt = 0;
  #failures = 0;
  #bounds = defaultRetry;
  #stopTimer = () => {};
  /** There while the server has asked not to be connected to yet. */
  #stopDrain: (() => void) | undefined;

  constructor(platform: Platform, timeoutMilliseconds: number, user: SocketUser) {
    this.#platform = platform;
    this.#timeoutMilliseconds = timeoutMilliseconds;
    this.#user = user;
  }

  /** Begins to connect; it must be stopped. */
  start(): void {
    this.#phase = Phase.waiting;
    this.wake();
  }

  /** Closes, and stays closed. */
  stop(): void {
    this.#abandon(Phase.stopped);
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** The server has let this side in, and said how to come back after a loss. */
  letIn(bounds: RetryBounds | undefined): void {
    this.#stopTimer();
    this.#phase = Phase.letIn;
    this.#failures = 0;
    if (bounds) this.#bounds = bounds;
  }

  /** The server is about to close, and wants to be left alone for so long. */
  drain(milliseconds: number): void {
    this.#stopDrain?.();
    this.#stopDrain = this.#platform.timer(milliseconds, () => {
      this.#stopDrain = undefined;
      this.wake();
    });
  }

  /** Connects now, if it waits and may; an attempt that goes on already has little time left. */
  wake(): void {
    const attempt = this.#attempt;
    if (this.#phase === Phase.waiting && !this.#stopDrain) {
      this.#failures = 0;
      void this.#connect();
    } else if (this.#phase === Phase.connecting) {
      this.#platform.timer(wakeTimeoutMilliseconds, () => {
        if (attempt === this.#attempt && this.#phase === Phase.connecting) this.fail();
      });
    }
  }

  /** Gives up the connection there is, and comes back. */
  fail(problem?: CoveyError): void {
    this.#lose(undefined, problem);
  }

  #abandon(phase: Phase): void {
    this.#attempt += 1;
    this.#phase = phase;
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  async #connect(): Promise<void> {
    this.#abandon(Phase.connecting);
    const attempt = this.#attempt;
    this.#stopTimer = this.#platform.timer(this.#timeoutMilliseconds, () => this.fail());
    let isPrepared = false;
    try {
      const { connect, introduce } = await this.#user.prepare();
      if (attempt !== this.#attempt) return;
      isPrepared = true;
      const socket = connect();
      this.#socket = socket;
      const listen = (...[type, listener]: Parameters<WebSocketLike["addEventListener"]>) =>
        socket.addEventListener(type, (event) => {
          if (attempt === this.#attempt) listener(event);
        });
      listen("open", () => this.send(introduce()));
      listen("message", ({ data }) => {
        if (typeof data === "string") this.#user.received(data);
      });
      listen("close", ({ code }) => this.#lose(code, undefined));
      // Node says no more than this when it cannot connect; browsers say 1006 behind it.
      listen("error", () => this.#lose(1006, undefined));
    } catch (problem) {
      if (attempt === this.#attempt)
        this.#lose(undefined, isPrepared ? errorFrom(problem, "invalid") : problem);
    }
  }

  #lose(code: number | undefined, problem: unknown): void {
    this.#abandon(Phase.waiting);
    const attempt = this.#attempt;
    this.#user.lost(code, problem);
    // Who was told may have stopped it, or begun again.
    if (attempt !== this.#attempt || this.#stopDrain) return;
    const delay = retryDelay(this.#failures, this.#bounds, this.#platform.random());
    this.#failures += 1;
    this.#stopTimer = this.#platform.timer(delay, () => void this.#connect());
  }
}
