import { Access, Calls } from "./calls.js";
import { CoveyError, errorFrom, errorOf } from "./errors.js";
import type { Emitter } from "./events.js";
import type { Platform } from "./platform.js";
import { Replica } from "./replica.js";
import { Socket } from "./socket.js";
import type { WebSocketConstructor } from "./socket.js";
import type { ChannelSchema, Id, Json } from "./types.js";
import { addressOf } from "./url.js";
import { actionFrame, answerOf, firstFrame, read, stampOf } from "./wire.js";
import type { AuthFrame, StateFrame, SystemMessage } from "./wire.js";
import { Writes } from "./writes.js";

type MaybePromise<Value> = Value | Promise<Value>;

/** What all channels of an application have in common. */
export interface ClientOptions {
  /**
   * The server, such as `https://example.org`; a function is asked before every attempt to connect,
   * and tried again when it throws, unless that is a `CoveyError`. Left out: the page's own.
   */
  readonly url?: string | (() => MaybePromise<string>);
  /** Says who the user is; asked likewise. Null, or left out: nobody. */
  readonly token?: string | null | (() => MaybePromise<string | null>);
  /** Left out: the global one. */
  readonly WebSocket?: WebSocketConstructor;
  /** How long an answer may take, unless the call says: 35 s, for the server gives up after 30. */
  readonly callTimeoutMilliseconds?: number;
  /** How long it may take to be let in: 20 s. */
  readonly connectTimeoutMilliseconds?: number;
  /** Silence after which the server is asked whether it is still there: 30 s. */
  readonly heartbeatMilliseconds?: number;
  /** How long a channel without subscribers stays connected: 1 s. */
  readonly lingerMilliseconds?: number;
  /** Clock, dice and page; for tests. */
  readonly platform?: Platform;
}

/**
 * How a channel stands with the server:
 *
 *     closed      not connected, and not about to be
 *     connecting  on the way, or lost and on the way again; what it shows is what it knew last
 *     syncing     let in, and about to be told what it missed; the same
 *     synced      what it shows is what the server has
 */
export type Status = "closed" | "connecting" | "syncing" | "synced";

/** What a channel can be listened to for, besides changes. */
export interface ChannelEvents {
  /** Those who run the server say something to everybody. */
  system: SystemMessage;
  /** The server's program sent a frame of its own. */
  message: { readonly [name: string]: Json };
}

export type AllEvents = ChannelEvents & { change: void };

/** How long a connection that is put to the test has to answer. */
const probeTimeoutMilliseconds = 5_000;
/** How long what an accepted write made may take to come. */
const settleMilliseconds = 100;

/** One channel's conversation with the server: what was said, and how things stand. */
export class Link {
  readonly calls: Calls;
  readonly writes: Writes;
  status: Status = "closed";
  error: CoveyError | null = null;
  /** The variables that the server has set; another object after each change. */
  variables: { readonly [name: string]: unknown } = {};

  readonly #platform: Platform;
  readonly #heartbeat: number;
  readonly #events: Emitter<AllEvents>;
  readonly #replica: Replica;
  readonly #socket: Socket;
  /** Whether there ever was state to show. */
  #isLoaded = false;
  /** Of a session that is new: the variables set in it. The others go once it is synced. */
  #newVariables: { readonly [name: string]: unknown } | undefined;
  /** What was said of a state that is not complete yet. */
  #held: StateFrame[] = [];
  /** Up to where the state is complete, as the server counts. */
  #cursor: number | null = null;
  #session: string | undefined;
  #stopBeating = () => {};
  #stopWatching = () => {};

  constructor(
    schema: ChannelSchema,
    options: ClientOptions,
    parameters: { readonly [name: string]: Id },
    platform: Platform,
    events: Emitter<AllEvents>,
  ) {
    this.#platform = platform;
    this.#heartbeat = options.heartbeatMilliseconds ?? 30_000;
    this.#events = events;
    const { url, token } = options;
    // Its name is in what the browser says where there is none.
    const global: { WebSocket: WebSocketConstructor } = globalThis;
    const from = { WebSocket: global.WebSocket, ...options };
    this.#socket = new Socket(platform, options.connectTimeoutMilliseconds ?? 20_000, {
      prepare: async () => {
        const [server, known = null] = await Promise.all([
          typeof url === "function" ? url() : url,
          typeof token === "function" ? token() : token,
        ]);
        return {
          connect: () => new from.WebSocket(addressOf(server, schema.path, parameters)),
          introduce: () => firstFrame(known, this.#cursor, this.#session),
        };
      },
      received: (text) => this.#received(text),
      lost: (code, problem) => this.#lost(code, problem),
    });
    this.calls = new Calls(platform, options.callTimeoutMilliseconds ?? 35_000, (text) =>
      this.#socket.send(text),
    );
    this.#replica = new Replica(schema);
    this.writes = new Writes(
      schema.models,
      this.#replica,
      this.calls,
      () => this.#changed(),
      // A write that changed nothing is followed by nothing: then what is asked next tells.
      () => platform.timer(settleMilliseconds, () => this.writes.isSettled || this.#probe()),
    );
  }

  /** The nested state; null until it has come. */
  get state(): unknown {
    return this.#isLoaded ? this.#replica.state : null;
  }

  /** An instance of it; null when it is not there. */
  instance(model: string, id: Id): unknown {
    return (this.#isLoaded && this.#replica.instance(model, id)) || null;
  }

  // ---------------------------------------------------------------------------- coming and going

  start(): void {
    if (this.status !== "closed") return;
    this.error = null;
    this.#stopWatching = this.#platform.watch(
      () => {
        this.#socket.wake();
        this.#probe();
      },
      () => this.#probe(),
    );
    this.#socket.start();
    this.#become("connecting");
  }

  /** Closes; what waits for an answer fails. */
  end(error: CoveyError | null): void {
    this.#stopWatching();
    this.#socket.stop();
    this.#stopBeating();
    this.error = error;
    this.calls.fail(error ?? new CoveyError("closed", "the channel is closed"));
    this.#become("closed");
  }

  #lost(code: number | undefined, problem: unknown): void {
    this.#stopBeating();
    // The server's program has closed it or refuses it, and is not going to change its mind.
    if (code === 1000) return this.end(new CoveyError("closed", "closed by the server"));
    if (code === 4403) return this.#refused(new CoveyError("denied", "refused by the server"));
    if (problem instanceof CoveyError && problem.code !== "failed") return this.end(problem);
    if (this.status === "connecting") {
      // Browsers do not tell a page which of them it was.
      const text = "the server is away, the URL is wrong, or this page is not let in";
      this.error = errorFrom(problem ?? text, "unreachable");
    }
    this.calls.lost();
    this.#become("connecting");
  }

  // ---------------------------------------------------------------------------- is anybody there

  /** Looks whether anybody is there whenever there was silence for too long. */
  #beat(): void {
    this.#stopBeating();
    this.#stopBeating = this.#platform.timer(this.#heartbeat, () => {
      this.#beat();
      this.#probe();
    });
  }

  /** Asks for what there never is: only who is there can say so. */
  #probe(): void {
    if (this.status !== "synced" && this.status !== "syncing") return;
    const question = {
      frame: (id: number) => actionFrame(id, "_", []),
      needs: Access.none,
      options: { timeoutMilliseconds: probeTimeoutMilliseconds },
    };
    this.calls.ask(question).catch(({ code }: CoveyError) => {
      if (code === "timed_out") return this.#socket.fail();
      if (code === "disconnected" || this.writes.isSettled) return;
      this.writes.settle();
      this.#changed();
    });
  }

  // ------------------------------------------------------------------------ what the server says

  #received(text: string): void {
    this.#beat();
    const frame = read(text);
    if (!frame) return;
    if (Array.isArray(frame)) return this.#receivedState(frame, stampOf(frame));
    switch (frame.type) {
      case "auth":
        if (frame.statusCode === 200) return this.#letIn(frame);
        return this.#refused(errorOf(frame.statusCode, frame.error));
      case "initialAnchors":
      case "prependAnchor":
        return this.#receivedState(frame, 0);
      case "runtimeVar":
        return this.#receivedVariable({ [frame.var]: frame.value });
      case "actionResponse":
        return this.calls.answered(frame.callId, answerOf(frame, frame.result));
      case "writeResponse":
        return this.calls.answered(frame.writeId, answerOf(frame, frame.instanceId));
      case "drain":
        return this.#socket.drain(frame.delay_ms);
    }
    const { type, source, message } = frame as unknown as SystemMessage & { type: unknown };
    if (type === source) this.#events.emit("system", { source, message });
    else this.#events.emit("message", frame);
  }

  #letIn({ session, resumed, retry }: AuthFrame): void {
    this.#socket.letIn(retry);
    this.#held = [];
    this.#session = session;
    this.#newVariables = resumed ? undefined : {};
    this.error = null;
    this.calls.letIn(Access.calls);
    this.#become("syncing");
  }

  #refused(error: CoveyError): void {
    // It could not look. It may be able to later.
    if (error.code === "failed") return this.#socket.fail(error);
    this.#session = undefined;
    this.#cursor = null;
    this.#isLoaded = false;
    this.variables = {};
    this.end(error);
  }

  /** Keeps what is said of the state until it is complete, and then shows it all at once. */
  #receivedState(frame: StateFrame, stamp: number): void {
    this.#held.push(frame);
    if ("reset" in frame && frame.reset) {
      this.#cursor = null;
      if (this.status === "synced") this.#become("syncing");
    }
    if (stamp === 0) return;
    this.#cursor = stamp;
    this.#replica.apply(this.#held);
    this.#held = [];
    this.writes.settle();
    if (this.#newVariables) this.variables = this.#newVariables;
    this.#newVariables = undefined;
    this.#isLoaded = true;
    this.calls.letIn(Access.writes);
    this.#become("synced");
  }

  #receivedVariable(set: { readonly [name: string]: unknown }): void {
    this.variables = { ...this.variables, ...set };
    if (this.#newVariables) this.#newVariables = { ...this.#newVariables, ...set };
    this.#changed();
  }

  #become(status: Status): void {
    this.status = status;
    this.#changed();
  }

  #changed(): void {
    this.#events.emit("change", undefined);
  }
}
