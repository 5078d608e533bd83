import { Access } from "./calls.js";
import type { CallOptions, Calls } from "./calls.js";
import type { CoveyError } from "./errors.js";
import type { Edit, Replica } from "./replica.js";
import type { Id, ModelsSchema, Row } from "./types.js";
import { plain, writeFrame } from "./wire.js";
import type { Answer, WriteBody } from "./wire.js";

/** How a write is made. */
export interface WriteOptions extends CallOptions {
  /** False: it is not shown before the server has made it. */
  readonly optimistic?: boolean;
}

/** What a write shows, by instance, once it is known what the instance is called. */
type Edits = (id: Id) => readonly (readonly [model: string, id: Id, edit: Edit])[];

/** What is being created, or was. */
interface Creation {
  /** What the server calls it, or why it was not made; neither while that is not known yet. */
  name?: Id;
  error?: CoveyError;
  /** What was done to it meanwhile: each shows it under the name that it gets. */
  readonly done: Set<(id: Id) => void>;
}

/** How many temporary ids are known for what they became. */
const creationsMax = 1_000;

/**
 * What the user did, and the server has not confirmed yet.
 *
 * A write is shown at once, as edits on what the server said. What the server says meanwhile goes
 * underneath. When it refuses, the edits of this write are taken off, and no others. When it
 * accepts, they stay until what it made of the write has come as well, so that nothing flickers.
 */
export class Writes {
  readonly #models: ModelsSchema;
  readonly #replica: Replica;
  readonly #calls: Calls;
  readonly #changed: () => void;
  readonly #accepting: () => void;
  /** Takes off the edits of what was accepted. */
  #accepted: (() => void)[] = [];
  /** By model and temporary id. */
  readonly #creations = new Map<string, Creation>();
  #created = 0;

  /** @param accepting  Told when there is something to settle, and there was nothing. */
  constructor(
    models: ModelsSchema,
    replica: Replica,
    calls: Calls,
    changed: () => void,
    accepting: () => void,
  ) {
    this.#models = models;
    this.#replica = replica;
    this.#calls = calls;
    this.#changed = changed;
    this.#accepting = accepting;
  }

  get isSettled(): boolean {
    return !this.#accepted.length;
  }

  /** What the server says is complete again, with all that it has accepted so far. */
  settle(): void {
    const accepted = this.#accepted;
    this.#accepted = [];
    for (const takeOff of accepted) takeOff();
  }

  save(model: string, id: Id, data: object, options?: WriteOptions): Promise<unknown> {
    const fields = plain(data) as Row;
    const edits: Edits = (id) => [
      [model, id, (row) => row && { ...row, ...fields }],
      ...this.#moves(model, id, fields),
    ];
    return this.#write(model, id, options, edits, (id) => ({
      operation: "save",
      instanceType: model,
      instanceId: id,
      data: fields,
    }));
  }

  delete(model: string, id: Id, options?: WriteOptions): Promise<unknown> {
    return this.#write(model, id, options, (id) => [[model, id, () => undefined]], (id) => ({
      operation: "delete",
      instanceType: model,
      instanceId: id,
    }));
  }

  /** Answers the id that the server gave. */
  create(
    parentModel: string,
    parentID: Id,
    list: string,
    data: object,
    options?: WriteOptions,
  ): Promise<Id> {
    const { model = "", inverse } = this.#models[parentModel]?.fields[list] ?? {};
    const fields = plain(data) as Row;
    this.#created -= 1;
    const temporary = this.#models[model]?.id === "string" ? `${this.#created}` : this.#created;
    const creation: Creation = { done: new Set() };
    const [oldest = ""] = this.#creations.keys();
    if (this.#creations.size >= creationsMax) this.#creations.delete(oldest);
    this.#creations.set(keyOf(model, temporary), creation);
    const created = { id: temporary, ...this.#blank(model), ...fields };
    const edits: Edits = (parentID) => [
      [
        model,
        temporary,
        (row) => ({ ...created, ...row, ...(inverse && { [inverse]: parentID }) }),
      ],
      [parentModel, parentID, adding(list, temporary)],
    ];
    const body = (parentID: Id): WriteBody => ({
      operation: "create",
      instanceType: model,
      parentType: parentModel,
      parentId: parentID,
      relationName: list,
      data: fields,
    });
    return this.#write(parentModel, parentID, options, edits, body, (answer) => {
      if ("error" in answer) {
        creation.error = answer.error;
        return;
      }
      const name = (creation.name = answer.result as Id);
      this.#replica.rename(model, temporary, name);
      for (const show of creation.done) show(name);
    });
  }

  /**
   * Shows a write, and sends it; once its instance has a name, if it is being created itself.
   * Nothing here waits for a promise, for what the server says next may come in the same turn.
   */
  #write(
    model: string,
    id: Id,
    options: WriteOptions | undefined,
    edits: Edits,
    body: (id: Id) => WriteBody,
    ended?: (answer: Answer) => void,
  ): Promise<Id> {
    const takeOff: (() => void)[] = [];
    const show = (id: Id) => {
      if (options?.optimistic === false) return;
      for (const edit of edits(id)) takeOff.push(this.#replica.edit(...edit));
      this.#changed();
    };
    const takeAllOff = () => {
      for (const one of takeOff) one();
    };
    const known: Creation = { name: id, done: new Set() };
    const creation = this.#creations.get(keyOf(model, id)) ?? known;
    const { name = id, done } = creation;
    done.add(show);
    show(id);
    // What was created may still be shown where it was before it had a name.
    if (name !== id) show(name);
    return this.#calls.ask({
      frame(writeID) {
        const { name, error } = creation;
        return name === undefined ? error : writeFrame(writeID, body(name));
      },
      needs: Access.writes,
      options,
      ended: (answer) => {
        done.delete(show);
        if ("error" in answer) {
          takeAllOff();
          this.#changed();
        } else {
          if (this.#accepted.push(takeAllOff) === 1) this.#accepting();
        }
        ended?.(answer);
      },
    }) as Promise<Id>;
  }

  /** Who says itself whose list it is in is shown in the list that it is moved to. */
  #moves(model: string, id: Id, fields: Row): [string, Id, Edit][] {
    const moves: [string, Id, Edit][] = [];
    for (const [parent, { fields: lists }] of Object.entries(this.#models)) {
      for (const [list, field] of Object.entries(lists)) {
        const target = field.model === model && field.inverse && fields[field.inverse];
        if (target) moves.push([parent, target as Id, adding(list, id)]);
      }
    }
    return moves;
  }

  /** What is shown of an instance that is being created, where nothing was said. */
  #blank(model: string): Row {
    const row: { [field: string]: unknown } = {};
    for (const [name, { type, nullable }] of Object.entries(this.#models[model]?.fields ?? {})) {
      if (type === "many") row[name] = [];
      else if (nullable) row[name] = null;
    }
    return row;
  }
}

function adding(list: string, id: Id): Edit {
  return (row) => {
    const ids = row?.[list];
    return !Array.isArray(ids) || ids.includes(id) ? row : { ...row, [list]: [...ids, id] };
  };
}

function keyOf(model: string, id: Id): string {
  return `${model} ${id}`;
}
