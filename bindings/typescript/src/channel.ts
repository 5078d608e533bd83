import { Access } from "./calls.js";
import type { CallOptions } from "./calls.js";
import { CoveyError } from "./errors.js";
import { Emitter } from "./events.js";
import { Link } from "./link.js";
import type { AllEvents, ChannelEvents, ClientOptions, Status } from "./link.js";
import { page } from "./platform.js";
import type { Platform } from "./platform.js";
import type * as Types from "./types.js";
import { actionFrame, plain } from "./wire.js";
import type { WriteOptions } from "./writes.js";

/** All that a channel shows, at one moment. Nothing in it ever changes. */
export interface ChannelSnapshot<State, Variables> {
  /** Null until it has come, and while there is none. */
  readonly state: State | null;
  /** The variables that the server has set. */
  readonly runtimeState: Partial<Variables>;
  readonly status: Status;
  /** Whether all this is what the server has: `status` is `synced`. */
  readonly connected: boolean;
  /** Why it is closed, or what keeps it from connecting. */
  readonly error: CoveyError | null;
}

/**
 * A live view of what a channel of the server shows, and a way to call it and to write to it.
 *
 * It connects when somebody subscribes, asks something or opens it, and comes back by itself when
 * the connection is lost. It disconnects a moment after nobody is subscribed any more, unless it
 * was opened; and when it is closed.
 */
export class Channel<State, Variables extends object = {}, Models = {}> {
  /** There for the compiler alone, which finds the types of the models here. */
  declare protected readonly models?: Models;

  readonly #actions: Types.ChannelSchema["actions"];
  readonly #platform: Platform;
  readonly #lingerMilliseconds: number;
  readonly #events = new Emitter<AllEvents>();
  readonly #link: Link;
  #snapshot = {} as ChannelSnapshot<State, Variables>;
  /** Whether it stays connected without subscribers. */
  #isOpen = false;
  #isClosed = false;
  #stopLingering = () => {};

  constructor(
    schema: Types.ChannelSchema,
    options: ClientOptions = {},
    parameters: { readonly [name: string]: Types.Id } = {},
  ) {
    this.#actions = schema.actions;
    this.#platform = options.platform ?? page;
    this.#lingerMilliseconds = options.lingerMilliseconds ?? 1_000;
    this.#link = new Link(schema, options, parameters, this.#platform, this.#events);
  }

  // ------------------------------------------------------------------------------ what it shows

  /** All of it, at this moment; the same object until something changes. */
  get snapshot(): ChannelSnapshot<State, Variables> {
    const next = {
      state: this.state,
      runtimeState: this.runtimeState,
      status: this.status,
      connected: this.connected,
      error: this.error,
    };
    const names = Object.keys(next) as (keyof typeof next)[];
    if (names.some((name) => next[name] !== this.#snapshot[name])) this.#snapshot = next;
    return this.#snapshot;
  }

  get state(): State | null {
    return this.#link.state as State | null;
  }

  get runtimeState(): Partial<Variables> {
    return this.#link.variables as Partial<Variables>;
  }

  get status(): Status {
    return this.#link.status;
  }

  get connected(): boolean {
    return this.status === "synced";
  }

  get error(): CoveyError | null {
    return this.#link.error;
  }

  /** An instance, nested as in the state; null when it is not there. */
  instance<Model extends Types.ModelName<Models>>(
    model: Model,
    id: Types.IdOf<Models, Model>,
  ): Types.InstanceOf<Models, Model> | null {
    return this.#link.instance(model, id) as Types.InstanceOf<Models, Model> | null;
  }

  // ------------------------------------------------------------------------------- who watches

  /**
   * Calls a listener whenever the snapshot may have changed, and keeps the channel connected, until
   * the function that is answered is called. Needs no `this`.
   */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#isClosed = false;
    this.#start();
    const unsubscribe = this.#events.on("change", listener);
    return () => {
      unsubscribe();
      this.#linger();
    };
  };

  /** Calls a listener at each event, until the function that is answered is called. */
  on<Name extends keyof ChannelEvents>(
    event: Name,
    listener: (detail: ChannelEvents[Name]) => void,
  ): () => void {
    return this.#events.on<keyof ChannelEvents>(event, listener as never);
  }

  /** Connects, and stays connected without subscribers. */
  open(): this {
    this.#isOpen = true;
    this.#isClosed = false;
    this.#start();
    return this;
  }

  /** Disconnects. Opened again soon, it goes on where it was. */
  close(): void {
    this.#isOpen = false;
    this.#isClosed = true;
    this.#stopLingering();
    this.#link.end(null);
  }

  #start(): void {
    this.#stopLingering();
    this.#link.start();
  }

  /** Disconnects after a while, unless there is a reason to stay. */
  #linger(): void {
    this.#stopLingering();
    if (this.#isOpen || this.#events.count("change") > 0) return;
    this.#stopLingering = this.#platform.timer(this.#lingerMilliseconds, () => {
      if (this.#link.calls.count > 0) this.#linger();
      else if (this.status !== "closed") this.#link.end(null);
    });
  }

  // ------------------------------------------------------------------------- actions and writes

  /**
   * Calls an action.
   *
   * @param parameters  In order, or by name.
   */
  async call<Result = Types.Json>(
    action: string,
    parameters: readonly unknown[] | { readonly [name: string]: unknown } = [],
    options?: CallOptions,
  ): Promise<Result> {
    const given = plain(parameters);
    const frame = (id: number) => actionFrame(id, action, given);
    return (await this.#wanted().calls.ask({ frame, needs: Access.calls, options })) as Result;
  }

  /**
   * Calls an action with what a generated method was given: its parameters in order, or one object
   * that names them; and then the options, if any.
   */
  protected invoke<Result>(action: string, given: readonly unknown[]): Promise<Result> {
    const [first] = given;
    const count = this.#actions[action]?.length ?? given.length;
    const isNamed = count > 0 && typeof first === "object" && first && !Array.isArray(first);
    const parameters = isNamed ? (first as { [name: string]: unknown }) : given.slice(0, count);
    return this.call(action, parameters, given[isNamed ? 1 : count] as CallOptions | undefined);
  }

  /** Changes fields of an instance; relations are given as ids. Shown at once. */
  async save<Model extends Types.Savable<Models>>(
    model: Model,
    id: Types.IdOf<Models, Model>,
    data: Types.SaveOf<Models, Model>,
    options?: WriteOptions,
  ): Promise<void> {
    await this.#wanted().writes.save(model, id, data as object, options);
  }

  /**
   * Creates an instance in a list of another one; answers its id. Shown at once, with a negative id
   * until the server has given it one.
   */
  async create<Model extends Types.Parent<Models>, List extends Types.ListOf<Models, Model>>(
    parent: Model,
    parentID: Types.IdOf<Models, Model>,
    list: List,
    data: Types.CreateOf<Models, Model, List>,
    options?: WriteOptions,
  ): Promise<Types.IdOf<Models, Types.ChildOf<Models, Model, List>>> {
    const id = this.#wanted().writes.create(parent, parentID, list, data as object, options);
    return (await id) as Types.IdOf<Models, Types.ChildOf<Models, Model, List>>;
  }

  /** Deletes an instance. Shown at once. */
  async delete<Model extends Types.Deletable<Models>>(
    model: Model,
    id: Types.IdOf<Models, Model>,
    options?: WriteOptions,
  ): Promise<void> {
    await this.#wanted().writes.delete(model, id, options);
  }

  /** Somebody asks something: it connects for that. */
  #wanted(): Link {
    if (this.#isClosed) throw new CoveyError("closed", "the channel is closed");
    this.#start();
    this.#linger();
    return this.#link;
  }
}
