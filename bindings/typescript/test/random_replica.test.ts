/*
 * Random histories of a graph with circles, told to a replica, and kept by a model that makes
 * everything anew at every step. Here is what no server does, and what only a client knows: edits,
 * and which objects stay the same; simulation.test.ts has what the server does.
 *
 * Rows come in any order, some of them twice or too late; edits come and go above them. After each
 * step every instance must be what the model says; an instance is a new object if and only if a row
 * below it was touched; and no object that was ever shown may have changed.
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import { Replica } from "#dist/replica.js";
import type { Row } from "covey";
import { Dice, seedOfRun } from "./dice.js";
import { nextVersion, row } from "./fake_server.js";
import { nodes } from "./world.js";

interface Node {
  readonly id: number;
  readonly name: string;
  readonly next: Node | null;
  readonly others: readonly Node[];
}

interface Flat {
  readonly name: string;
  readonly next: number | null;
  readonly others: readonly number[];
}

interface Edited {
  readonly id: number;
  readonly edit: (flat: Flat | undefined) => Flat | undefined;
  readonly takeOff: () => void;
}

const ids = Array.from({ length: 12 }, (_, index) => index + 1);

class History {
  readonly replica = new Replica(nodes);
  readonly #dice: Dice;
  /** The server's rows and anchors; what it said of each row last. */
  readonly #rows = new Map<number, Flat>();
  #anchors: number[] = [];
  readonly #said = new Map<number, Row>();
  #edits: Edited[] = [];
  /** Before the step: what everything referred to, and the objects it was shown as. */
  #links = new Map<number, readonly number[]>();
  #shown = new Map<number, Node>();
  readonly #touched = new Set<number>();
  /** Every object that was shown, and what was in it. */
  readonly #kept = new Map<Node, { flat: object; others: readonly Node[] }>();

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#reset();
    this.#remember();
  }

  step(): void {
    const kind = this.#dice.below(10);
    if (kind === 0) this.#reset();
    else if (kind <= 2) this.#edit();
    else if (kind === 3) this.#list();
    else this.#change();
    this.#check();
    this.#remember();
  }

  // ----------------------------------------------------------------------------- what happens

  #flat(): Flat {
    return {
      name: `name ${this.#dice.below(5)}`,
      next: this.#dice.chance(50) ? this.#dice.one(ids) ?? null : null,
      // One of them may be there twice.
      others: this.#dice.shuffled([...this.#dice.some(ids, 20), ...this.#dice.some(ids, 3)]),
    };
  }

  #frame(id: number, operation: string): Row {
    const fields = operation === "delete" ? {} : (this.#rows.get(id) as unknown as Row);
    const frame = row("b.Node", id, fields, { _operation: operation, _version: nextVersion() });
    this.#touched.add(id);
    this.#said.set(id, frame);
    return frame;
  }

  #change(): void {
    const frames: Row[] = [];
    for (const id of this.#dice.some(ids, 20)) {
      // Frames are shuffled, and two deletions have no order; anchors stay.
      if (this.#rows.has(id) && this.#dice.chance(25) && !this.#anchors.includes(id)) {
        this.#rows.delete(id);
        frames.push(this.#frame(id, "delete"));
        continue;
      }
      const old = this.#rows.get(id);
      const all = this.#flat();
      if (!old || this.#dice.chance(30)) {
        this.#rows.set(id, all);
        frames.push(this.#frame(id, "create"));
      } else {
        const [field] = this.#dice.shuffled(["name", "next", "others"] as const);
        const changed = { [field as string]: all[field as keyof Flat] };
        this.#rows.set(id, { ...old, ...changed });
        const { _version: version } = this.#frame(id, "update");
        const update = { _operation: "update", _version: version };
        frames.push(row("b.Node", id, changed, update));
      }
    }
    // Some come a second time, or too late. What is deleted has no version any more.
    for (const [id, said] of this.#said) {
      if (this.#rows.has(id) && this.#dice.chance(10)) {
        frames.push({ ...said, name: "too late", _version: 1, _operation: "update" });
      }
    }
    // A late row of what is new must not come first, for nothing is known of it yet.
    const known = new Set(this.#shown.keys());
    const late = frames.filter(({ id, name }) => name === "too late" && !known.has(id as number));
    const others = frames.filter((frame) => !late.includes(frame));
    this.replica.apply([this.#dice.shuffled(others), late]);
  }

  #reset(): void {
    for (const id of ids) {
      if (this.#dice.chance(30)) this.#rows.delete(id);
      else if (this.#dice.chance(30)) this.#rows.set(id, this.#flat());
      this.#touched.add(id);
    }
    this.#anchors = this.#dice.shuffled(this.#dice.some([...this.#rows.keys()], 30));
    const rows = [...this.#rows.keys()].map((id) =>
      this.#frame(id, this.#anchors.includes(id) ? "initial_state" : "create"),
    );
    this.replica.apply([
      { type: "initialAnchors", anchorIds: this.#anchors, reset: true },
      this.#dice.shuffled(rows),
    ]);
  }

  #list(): void {
    const id = this.#dice.one([...this.#rows.keys()]);
    if (id === undefined) return;
    const rest = this.#anchors.filter((other) => other !== id);
    const kind = this.#dice.below(4);
    if (kind === 0) {
      if (rest.length === this.#anchors.length) this.#anchors = [...rest, id];
      this.replica.apply([[this.#frame(id, "initial_state")]]);
    } else if (kind === 1) {
      this.#anchors = [id, ...rest];
      this.replica.apply([{ type: "prependAnchor", anchorId: id }]);
    } else if (kind === 2) {
      this.#anchors = rest;
      this.replica.apply([[this.#frame(id, "delete"), this.#frame(id, "create")]]);
    } else {
      this.#anchors = this.#dice.shuffled(this.#dice.some([...this.#rows.keys()], 40));
      this.replica.apply([{ type: "initialAnchors", anchorIds: this.#anchors }]);
    }
  }

  #edit(): void {
    const taken = this.#dice.one(this.#edits);
    if (taken && this.#dice.chance(50)) {
      this.#edits = this.#edits.filter((edit) => edit !== taken);
      this.#touched.add(taken.id);
      return taken.takeOff();
    }
    const id = this.#dice.one(ids) ?? 1;
    const flat = this.#flat();
    const edit = [
      (old: Flat | undefined) => old && { ...old, name: flat.name },
      (old: Flat | undefined) => old && { ...old, ...flat },
      () => undefined,
      () => ({ id, ...flat }),
    ][this.#dice.below(4)] as Edited["edit"];
    const takeOff = this.replica.edit("b.Node", id, edit as never);
    this.#edits.push({ id, edit, takeOff });
    this.#touched.add(id);
  }

  // ------------------------------------------------------------------------------- what must be

  /** What is to be shown: the server's rows under the edits. */
  #effective(): Map<number, Flat> {
    const flats = new Map<number, Flat>();
    for (const id of ids) {
      let flat = this.#rows.get(id);
      for (const edit of this.#edits) if (edit.id === id) flat = edit.edit(flat);
      if (flat) flats.set(id, flat);
    }
    return flats;
  }

  #instance(id: number): Node | undefined {
    return this.replica.instance("b.Node", id) as unknown as Node | undefined;
  }

  #check(): void {
    const flats = this.#effective();
    const state = this.replica.state as Node[];
    const there = this.#anchors.filter((id) => flats.has(id));
    assert.deepEqual(state.map(({ id }) => id), there);
    for (const node of state) assert.equal(node, this.#instance(node.id));
    for (const id of ids) this.#checkInstance(id, flats);
    for (const [node, { flat, others }] of this.#kept) {
      assert.deepEqual(shallow(node), flat);
      assert(node.others.every((other, index) => other === others[index]));
    }
  }

  #checkInstance(id: number, flats: Map<number, Flat>): void {
    const flat = flats.get(id);
    const instance = this.#instance(id);
    assert.equal(instance === undefined, flat === undefined, `instance ${id}`);
    if (!flat || !instance) return;
    const others = flat.others.filter((other) => flats.has(other));
    assert.equal(instance.name, flat.name);
    assert.equal(instance.next, (flat.next !== null && this.#instance(flat.next)) || null);
    assert.deepEqual(instance.others.map((other) => other.id), others);
    for (const other of instance.others) assert.equal(other, this.#instance(other.id));
    if (!this.#isTouchedBelow(id)) assert.equal(instance, this.#shown.get(id), `kept ${id}`);
  }

  #isTouchedBelow(id: number): boolean {
    const seen = new Set([id]);
    for (const next of seen) for (const link of this.#links.get(next) ?? []) seen.add(link);
    return [...seen].some((next) => this.#touched.has(next));
  }

  #remember(): void {
    this.#touched.clear();
    this.#shown = new Map();
    this.#links = new Map();
    for (const [id, { next, others }] of this.#effective()) {
      const instance = this.#instance(id);
      assert(instance);
      this.#shown.set(id, instance);
      this.#links.set(id, next === null ? others : [...others, next]);
      this.#kept.set(instance, { flat: shallow(instance), others: [...instance.others] });
    }
    // The oldest are given up, or it would take longer and longer.
    for (const node of this.#kept.keys()) {
      if (this.#kept.size <= 100) break;
      this.#kept.delete(node);
    }
  }
}

/** An instance without what is below it. */
function shallow(node: Node): object {
  const { id, name, next, others } = node;
  return { id, name, next: next?.id, others: others.map((other) => other.id) };
}

test("random histories end as the model says, and share what they can", () => {
  const seed = seedOfRun("replica");
  const steps = Number(process.env["STEPS"] ?? 2000);
  for (let game = 0; game < 10; game += 1) {
    const history = new History(new Dice(seed + game));
    for (let step = 0; step < steps / 10; step += 1) history.step();
  }
});
