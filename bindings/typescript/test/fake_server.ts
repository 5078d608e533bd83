/*
 * A server for tests that does nothing by itself, on a page where time stands still.
 *
 *     const server = new FakeServer();
 *     const channel = new Channel(schema, server.options);
 *     channel.open();
 *     const connection = await server.accept();  // the client has said who it is
 *     connection.letIn();                        // auth
 *     connection.show([1], [row(...)]);          // a whole snapshot, after which it is synced
 *
 * Most often needed next:
 *
 *     connection.say(frame, ...)                 sends any frames
 *     connection.sent, connection.last           what the client sent, without its first frame
 *     connection.answer(result)                  answers the last call
 *     connection.close(1012), .drop()            ends it, with and without a close frame
 *     server.page.advance(500)                   lets time pass
 *     server.page.dice = [0, 0.5]                what random() answers, in turn; then 0.5 again
 *     server.page.wake(), .doubt()               what a browser would report
 */
import type { ClientOptions, Platform, Row } from "covey";

type Frame = { readonly [name: string]: unknown };

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time, dice and page events, as the test says. */
export class FakePage implements Platform {
  dice: number[] = [];
  wake = () => {};
  doubt = () => {};
  isWatched = false;
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  random(): number {
    return this.dice.shift() ?? 0.5;
  }

  timer(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  watch(wake: () => void, doubt: () => void): () => void {
    this.wake = wake;
    this.doubt = doubt;
    this.isWatched = true;
    return () => {
      this.isWatched = false;
    };
  }

  /** How long until the next timer; undefined: there is none. */
  get next(): number | undefined {
    const times = [...this.#timers].map(({ at }) => at - this.#now);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Lets time pass, and everything that is due happen at its moment. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      this.#timers.delete(due);
      due.run();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Everything that only waited for a promise has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** One connection, as the server sees it. */
export class FakeConnection {
  /** Frames of the client, parsed; the first one is taken off by `FakeServer.accept`. */
  readonly sent: Frame[] = [];
  /** The same as texts. */
  readonly texts: string[] = [];
  first: Frame = {};
  /** Whether the client has closed it. */
  isClosed = false;
  readonly #listeners: { readonly type: string; readonly listener: (event: never) => void }[] = [];

  constructor(readonly url: string) {}

  // What the client sees.

  send(text: string): void {
    this.texts.push(text);
    this.sent.push(JSON.parse(text) as Frame);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.push({ type, listener });
  }

  // What the test says.

  #emit(type: string, event: object): void {
    for (const other of this.#listeners) if (other.type === type) other.listener(event as never);
  }

  open(): void {
    this.#emit("open", {});
  }

  get last(): Frame {
    return this.sent.at(-1) ?? {};
  }

  say(...frames: readonly unknown[]): void {
    for (const frame of frames) this.sayText(JSON.stringify(frame));
  }

  sayText(data: unknown): void {
    this.#emit("message", { data });
  }

  letIn(more: Frame = {}): void {
    this.say({
      type: "auth",
      statusCode: 200,
      status_code: 200,
      session: "s1",
      retry: { min_ms: 500, max_ms: 10_000 },
      resumed: false,
      ...more,
    });
  }

  refuse(statusCode: number, error: string): void {
    this.say({ type: "auth", statusCode, status_code: statusCode, error });
  }

  /** A whole snapshot. */
  show(anchorIds: readonly unknown[], rows: readonly Row[]): void {
    this.say({ type: "initialAnchors", anchorIds, initialAnchors: anchorIds, reset: true });
    if (rows.length > 0) this.say(rows);
    this.say(endMarker());
  }

  /** Answers the last call or write. */
  answer(result: unknown): void {
    const { callId, writeId } = this.last;
    this.say(
      callId === undefined
        ? { type: "writeResponse", writeId, success: true, instanceId: result }
        : { type: "actionResponse", callId, result },
    );
  }

  answerError(code: number, message: string): void {
    const { callId, writeId } = this.last;
    const error = { code, message };
    this.say(
      callId === undefined
        ? { type: "writeResponse", writeId, success: false, error }
        : { type: "actionResponse", callId, error },
    );
  }

  /** The server closes; a client calls it without a code. */
  close(code?: number): void {
    this.isClosed = true;
    if (code !== undefined) this.#emit("close", { code });
  }

  /** Says that it could not connect, and no more, as Node does. */
  failToOpen(): void {
    this.#emit("error", {});
  }

  /** The connection is lost without a close frame. */
  drop(): void {
    this.close(1006);
  }
}

/** Where clients connect to. */
export class FakeServer {
  readonly page = new FakePage();
  readonly connections: FakeConnection[] = [];
  readonly options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    const { connections } = this;
    this.options = {
      url: "ws://server",
      token: "ann",
      platform: this.page,
      WebSocket: class extends FakeConnection {
        constructor(url: string) {
          super(url);
          connections.push(this);
        }
      },
      ...options,
    };
  }

  /** The newest connection, once its client has asked for it. */
  async connection(): Promise<FakeConnection> {
    await settled();
    const connection = this.connections.at(-1);
    if (!connection) throw new Error("nobody has connected");
    return connection;
  }

  /** The same, open, and with the first frame taken. */
  async accept(): Promise<FakeConnection> {
    const connection = await this.connection();
    connection.open();
    connection.first = connection.sent.shift() ?? {};
    return connection;
  }

  /** The same, let in and shown a snapshot. */
  async sync(anchorIds: readonly unknown[], rows: readonly Row[]): Promise<FakeConnection> {
    const connection = await this.accept();
    connection.letIn();
    connection.show(anchorIds, rows);
    return connection;
  }
}

// ---------------------------------------------------------------------------------------- rows

let lastVersion = 1_795_247_640_000_000;

/** The version that the next row gets. */
export function nextVersion(): number {
  return (lastVersion += 1);
}

/** A row as a snapshot has it. */
export function row(model: string, id: unknown, fields: Row, more: Row = {}): Row {
  return {
    id,
    ...fields,
    _instance_type: model,
    _tstamp: 0,
    _operation: "initial_state",
    _version: nextVersion(),
    ...more,
  };
}

/** A row as a change has it, with which the client is complete. */
export function change(model: string, id: unknown, operation: string, fields: Row = {}): Row {
  const version = nextVersion();
  return row(model, id, fields, {
    _operation: operation,
    _deleted: operation === "delete",
    _tstamp: version / 1e6,
    _version: version,
  });
}

/** Says that the client is complete. */
export function endMarker(): Row[] {
  return [
    {
      _instance_type: "",
      _tstamp: nextVersion() / 1e6,
      _operation: "end_initial_state",
      id: 0,
    },
  ];
}
