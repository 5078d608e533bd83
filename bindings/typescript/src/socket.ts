import { defaultRetry, retryDelay } from "./backoff.js";
import type { RetryBounds } from "./backoff.js";
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
  /** Where to connect, and what to say first; asked before every attempt. */
  prepare(): Promise<{ readonly url: string; introduce(): string }>;
  received(text: string): void;
  /**
   * A connection is lost, or was not made; tells whether to try again.
   *
   * @param code     Of the close frame, 1006 without one; undefined: given up by this side.
   * @param problem  What kept this side from connecting at all.
   */
  lost(code: number | undefined, problem: unknown): boolean;
}

/**
 * A connection that is made again when it is lost, until it is stopped.
 *
 * Waits grow with each failure (see `retryDelay`), until the user says that it was let in. A server
 * that is about to close says when to come back, and is obeyed. A page that is looked at again, or
 * is online again, does not wait.
 */
export class Socket {
  readonly #platform: Platform;
  readonly #make: WebSocketConstructor;
  readonly #user: SocketUser;
  readonly #timeoutMilliseconds: number;
  #isStarted = false;
  #socket: WebSocketLike | undefined;
  /** Counts attempts: whatever an older one still has to say is not heard. */
  #attempt = 0;
  #failures = 0;
  #bounds: RetryBounds = defaultRetry;
  /** Whether it waits to connect. */
  #isWaiting = false;
  /** Whether the server has asked not to be connected to yet. */
  #isDrained = false;
  #stopTimer = () => {};
  #stopDrain = () => {};

  constructor(
    platform: Platform,
    constructor: WebSocketConstructor,
    timeoutMilliseconds: number,
    user: SocketUser,
  ) {
    this.#platform = platform;
    this.#make = constructor;
    this.#timeoutMilliseconds = timeoutMilliseconds;
    this.#user = user;
  }

  /** Begins to connect. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#isWaiting = true;
    this.wake();
  }

  /** Closes, and stays closed. */
  stop(): void {
    this.#isStarted = false;
    this.#abandon();
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** The server has let this side in, and said how to come back after a loss. */
  letIn(bounds: RetryBounds | undefined): void {
    this.#stopTimer();
    this.#failures = 0;
    if (bounds) this.#bounds = bounds;
  }

  /** The server is about to close, and wants to be left alone for so long. */
  drain(milliseconds: number): void {
    this.#isDrained = true;
    this.#stopDrain();
    this.#stopDrain = this.#platform.timer(milliseconds, () => {
      this.#isDrained = false;
      this.wake();
    });
  }

  /** Connects now, if it waits and may. */
  wake(): void {
    if (!this.#isWaiting || this.#isDrained) return;
    this.#failures = 0;
    void this.#connect();
  }

  /** Gives up the connection there is, and comes back. */
  fail(): void {
    this.#lose(undefined, undefined);
  }

  #abandon(): void {
    this.#attempt += 1;
    this.#isWaiting = false;
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  async #connect(): Promise<void> {
    this.#abandon();
    const attempt = this.#attempt;
    this.#stopTimer = this.#platform.timer(this.#timeoutMilliseconds, () => this.fail());
    try {
      const { url, introduce } = await this.#user.prepare();
      if (attempt !== this.#attempt) return;
      const socket = new this.#make(url);
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
      if (attempt === this.#attempt) this.#lose(undefined, problem);
    }
  }

  #lose(code: number | undefined, problem: unknown): void {
    this.#abandon();
    const attempt = this.#attempt;
    const isRetried = this.#user.lost(code, problem);
    // Who was told may have stopped it, or begun again.
    if (attempt !== this.#attempt) return;
    this.#isStarted = isRetried;
    if (!isRetried) return;
    this.#isWaiting = true;
    if (this.#isDrained) return;
    const delay = retryDelay(this.#failures, this.#bounds, this.#platform.random());
    this.#failures += 1;
    this.#stopTimer = this.#platform.timer(delay, () => void this.#connect());
  }
}
