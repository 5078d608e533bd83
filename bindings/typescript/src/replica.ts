/*
 * What a client holds: rows, flat as they come, and the nested state that is made of them.
 *
 *     rows of the server -> confirmed row -> edits -> shown row -> instance, nested
 *
 * Instances are plain objects that never change. When a row changes, its instance and all that
 * refer to it, near or far, are marked; whoever asks for the state next is given new instances for
 * those, and the very same ones for all others. So `===` tells whether anything changed in what is
 * below an instance, and an instance that somebody kept stays what it was. Marking stops at what is
 * marked already: changes that nobody looks at cost no more than their own row.
 *
 * Circles need nothing special. An instance is there before its relations are filled in, so one
 * that refers to itself, over whatever detour, refers to the very same object; and a change in a
 * circle is a change of all that is in it.
 *
 * A row may refer to another that is not there. It shows null, or a list without it, and is made
 * anew when the other comes.
 */
import type { ChannelSchema, Id, Row } from "./types.js";
import type { AnchorFrame, StateFrame } from "./wire.js";

/** Makes of a row what is to be shown in place of it; undefined is no row. Must not change it. */
export type Edit = (row: Row | undefined) => Row | undefined;

interface Relation {
  readonly field: string;
  readonly isMany: boolean;
  readonly table: Table;
  readonly inverse?: string | undefined;
}

/** The instances of one model. */
class Table {
  readonly cells = new Map<Id, Cell>();
  readonly relations: Relation[] = [];
}

const noEdits: readonly Edit[] = [];

/** The place of one instance, which may be empty while others refer to it. */
class Cell {
  /** What the server said, and the version of that. */
  confirmed: Row | undefined;
  version = 0;
  edits: readonly Edit[] = noEdits;
  /** What is shown. */
  row: Row | undefined;
  /** By relation: what the shown row refers to. */
  readonly links: (readonly Cell[])[];
  /** What refers to this, and how often. */
  readonly referrers = new Map<Cell, number>();
  /** As it was made last; out of date unless it is fresh. Who is fresh refers only to who is. */
  instance: Row | undefined;
  isFresh = false;

  /** What it is called meanwhile by those who say themselves that they are in a list of it. */
  name: Id;

  constructor(readonly table: Table, readonly id: Id) {
    this.name = id;
    this.links = table.relations.map(() => []);
  }
}

/** The rows that a client holds, and the state they make. */
export class Replica {
  readonly #schema: ChannelSchema;
  readonly #tables = new Map<string, Table>();
  /** Refers to the anchors, as if they were a relation of something above them. */
  readonly #top: Cell;
  #anchors = new Set<Id>();
  /** Whether they are others than those that are shown. */
  #areNew = false;
  /** After a reset: what the server has not said again yet. */
  #stale: Set<Cell> | undefined;

  constructor(schema: ChannelSchema) {
    this.#schema = schema;
    for (const [name, model] of Object.entries(schema.models)) {
      for (const [field, { type, model: target, inverse }] of Object.entries(model.fields)) {
        if (target === undefined) continue;
        const relation = { field, isMany: type === "many", table: this.#table(target), inverse };
        this.#table(name).relations.push(relation);
      }
    }
    const above = new Table();
    const table = this.#table(schema.anchor);
    above.relations.push({ field: "anchors", isMany: true, table });
    this.#top = new Cell(above, "");
    this.#top.row = {};
  }

  /** The anchors, or the only one; null when it is not there. */
  get state(): unknown {
    const anchors = this.#make(this.#top)?.["anchors"] as readonly unknown[];
    return this.#schema.many ? anchors : anchors[0] ?? null;
  }

  /** An instance, nested; undefined when it is not there. */
  instance(model: string, id: Id): Row | undefined {
    const cell = this.#table(model).cells.get(id);
    return cell && this.#make(cell);
  }

  // ------------------------------------------------------------------------------- the server

  /**
   * Takes what the server said, in the order it was said. A row or deletion that is not newer than
   * what is held of the instance is ignored; where anchors are concerned it counts all the same.
   */
  apply(frames: readonly StateFrame[]): void {
    for (const frame of frames) {
      if ("type" in frame) this.#setAnchors(frame);
      else for (const row of frame) this.#take(row);
    }
    this.#stale?.forEach((cell) => this.#confirm(cell, undefined));
    this.#stale = undefined;
    if (this.#areNew) this.#show(this.#top, { anchors: [...this.#anchors] });
    this.#areNew = false;
  }

  #setAnchors(frame: AnchorFrame): void {
    this.#areNew = true;
    if (frame.type === "prependAnchor") {
      this.#anchors = new Set([frame.anchorId, ...this.#anchors]);
      return;
    }
    this.#anchors = new Set(frame.anchorIds);
    if (!frame.reset) return;
    this.#stale = new Set();
    for (const { cells } of this.#tables.values()) {
      for (const cell of cells.values()) if (cell.confirmed) this.#stale.add(cell);
    }
  }

  #take(row: Row): void {
    const { _instance_type: model, _operation: operation, _version: version, id } = row;
    // The ends of anchors have no model, and what else there may be no id.
    if (!model || !isID(id)) return;
    const cell = this.#cell(this.#table(model as string), id);
    const isUnknown = !cell.confirmed || this.#stale?.delete(cell);
    if (isUnknown || !((version as number) <= cell.version)) {
      cell.version = version as number;
      this.#confirm(cell, operation === "delete" ? undefined : merged(cell, row, operation));
    }
    const { many, anchor } = this.#schema;
    if (!many || model !== anchor) return;
    const { size } = this.#anchors;
    if (operation === "delete") this.#anchors.delete(id);
    if (operation === "initial_state") this.#anchors.add(id);
    if (size !== this.#anchors.size) this.#areNew = true;
  }

  #confirm(cell: Cell, row: Row | undefined): void {
    cell.confirmed = row;
    this.#edit(cell);
  }

  // ------------------------------------------------------------------------------------ edits

  /**
   * Shows something else of an instance, whatever the server says, until the answer is called. The
   * function must be one of its own.
   */
  edit(model: string, id: Id, edit: Edit): () => void {
    const cell = this.#cell(this.#table(model), id);
    cell.edits = [...cell.edits, edit];
    this.#edit(cell);
    return () => {
      cell.edits = cell.edits.filter((other) => other !== edit);
      this.#edit(cell);
    };
  }

  /** What is shown under an id that was made up is called by its real one from now on. */
  rename(model: string, id: Id, name: Id): void {
    const cell = this.#table(model).cells.get(id);
    if (cell) cell.name = name;
  }

  #edit(cell: Cell): void {
    let row = cell.confirmed;
    for (const edit of cell.edits) row = edit(row);
    this.#show(cell, row);
    this.#forget(cell);
  }

  // ------------------------------------------------------------------------------------ links

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (!table) this.#tables.set(name, (table = new Table()));
    return table;
  }

  #cell(table: Table, id: Id): Cell {
    let cell = table.cells.get(id);
    if (!cell) table.cells.set(id, (cell = new Cell(table, id)));
    return cell;
  }

  #show(cell: Cell, row: Row | undefined): void {
    const before = cell.row;
    if (isSame(before, row)) return;
    cell.row = row;
    cell.table.relations.forEach(({ field, table }, index) => {
      this.#link(cell, index, table, idsOf(before?.[field]), idsOf(row?.[field]));
    });
    this.#mark(cell);
  }

  /** Makes a relation lead to other ids. Where both are the same, at both ends, nothing is done. */
  #link(cell: Cell, index: number, table: Table, before: readonly Id[], ids: readonly Id[]): void {
    if (before === ids) return;
    const old = cell.links[index] ?? [];
    const shorter = Math.min(before.length, ids.length);
    let start = 0;
    while (start < shorter && before[start] === ids[start]) start += 1;
    let end = 0;
    while (end < shorter - start && before.at(-1 - end) === ids.at(-1 - end)) end += 1;
    const added = ids.slice(start, ids.length - end).map((id) => this.#cell(table, id));
    const removed = old.slice(start, old.length - end);
    cell.links[index] = [...old.slice(0, start), ...added, ...old.slice(old.length - end)];
    for (const { referrers } of added) referrers.set(cell, (referrers.get(cell) ?? 0) + 1);
    for (const target of removed) {
      const rest = (target.referrers.get(cell) ?? 0) - 1;
      if (rest > 0) {
        target.referrers.set(cell, rest);
      } else {
        target.referrers.delete(cell);
        this.#forget(target);
      }
    }
  }

  /** Gives up a place that is empty, and that nobody refers to. */
  #forget(cell: Cell): void {
    if (cell.row || cell.confirmed || cell.edits.length || cell.referrers.size) return;
    cell.table.cells.delete(cell.id);
  }

  // -------------------------------------------------------------------------------- instances

  /** Marks an instance, and all that refer to it, as out of date. */
  #mark(cell: Cell): void {
    const open = [cell];
    for (let next = open.pop(); next; next = open.pop()) {
      if (!next.isFresh) continue;
      next.isFresh = false;
      for (const referrer of next.referrers.keys()) open.push(referrer);
    }
  }

  /** Makes what is out of date of an instance, and of all below it. */
  #make(top: Cell): Row | undefined {
    const open: { cell: Cell; former: Row | undefined; made: { [field: string]: unknown } }[] = [];
    function take(cell: Cell): Row | undefined {
      if (cell.isFresh) return cell.instance;
      cell.isFresh = true;
      const former = cell.instance;
      cell.instance = cell.row;
      if (cell.row && cell.links.length > 0) {
        const made = { ...cell.row };
        cell.instance = made;
        open.push({ cell, former, made });
      }
      return cell.instance;
    }
    take(top);
    for (let next = open.pop(); next; next = open.pop()) {
      const { cell, former, made } = next;
      cell.table.relations.forEach(({ field, isMany, inverse }, index) => {
        const found: Row[] = [];
        for (const child of cell.links[index] ?? []) {
          const instance = take(child);
          // Somebody who was moved by an edit is still in the list that the server knows.
          const isMoved = child.edits.length > 0 && inverse && child.row?.[inverse] !== cell.name;
          if (instance && !isMoved) found.push(instance);
        }
        made[field] = isMany ? kept(former?.[field], found) : found[0] ?? null;
      });
    }
    return top.instance;
  }
}

// -------------------------------------------------------------------------------- plain values

function isID(value: unknown): value is Id {
  return value !== null && value !== undefined;
}

function idsOf(value: unknown): readonly Id[] {
  return Array.isArray(value) ? value : isID(value) ? [value] : [];
}

/** The fields of a row that came, over those that are held when it brings only what changed. */
function merged(cell: Cell, row: Row, operation: unknown): Row {
  const old = cell.confirmed;
  const fields: { [field: string]: unknown } =
    operation === "update" && old ? { ...old } : { id: cell.id };
  for (const [field, value] of Object.entries(row)) {
    if (!field.startsWith("_")) fields[field] = isSame(old?.[field], value) ? old?.[field] : value;
  }
  return fields;
}

/** The list there was, if it holds the very same; else the new one. */
function kept(former: unknown, list: readonly Row[]): unknown {
  const known = former as readonly Row[] | undefined;
  const isKept = list.every((instance, index) => instance === known?.[index]);
  return isKept && list.length === known?.length ? known : list;
}

/** Whether two JSON values say the same. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((value, index) => isSame(value, other[index]))
    );
  }
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => isSame((one as Row)[name], (other as Row)[name]))
  );
}
