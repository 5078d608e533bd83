/*
 * What a change costs: the time that a replica takes to apply one and to make the state anew.
 *
 * Each line is one kind of change at one size, with lists of at most 100; the last column is the
 * same after 10,000 more changes. What is expected: at most 20 us, at every size, now and later.
 */
import { Replica } from "#dist/replica.js";
import type { ChannelSchema, Row } from "covey";

const schema: ChannelSchema = {
  path: "",
  anchor: "Shelf",
  many: true,
  models: {
    Shelf: { id: "integer", writable: [], fields: { boxes: { type: "many", model: "Box" } } },
    Box: { id: "integer", writable: [], fields: { cards: { type: "many", model: "Card" } } },
    Card: {
      id: "integer",
      writable: [],
      fields: { text: { type: "string" }, owner: { type: "one", model: "Owner" } },
    },
    Owner: { id: "integer", writable: [], fields: { name: { type: "string" } } },
  },
  actions: {},
};

const listLength = 100;
let version = 1;
let random = 12345;

function below(limit: number): number {
  random = (Math.imul(random, 1103515245) + 12345) >>> 0;
  return Math.floor((random / 2 ** 32) * limit);
}

function row(model: string, id: number, operation: string, fields: Row): Row {
  version += 1;
  return {
    id,
    ...fields,
    _instance_type: model,
    _tstamp: version / 1e6,
    _operation: operation,
    _version: version,
  };
}

function ids(first: number): number[] {
  return Array.from({ length: listLength }, (_, index) => first + index);
}

/** Cards in boxes of 100 on shelves of 100; each card has an owner, who has no other. */
function filled(cards: number): Replica {
  const rows: Row[] = [];
  const boxes = cards / listLength;
  for (let shelf = 0; shelf < boxes / listLength; shelf += 1) {
    rows.push(row("Shelf", shelf, "initial_state", { boxes: ids(shelf * listLength) }));
  }
  for (let box = 0; box < boxes; box += 1) {
    rows.push(row("Box", box, "create", { cards: ids(box * listLength) }));
  }
  for (let card = 0; card < cards; card += 1) {
    rows.push(row("Card", card, "create", { text: `card ${card}`, owner: card % 1000 }));
  }
  for (let owner = 0; owner < 1000; owner += 1) {
    rows.push(row("Owner", owner, "create", { name: `owner ${owner}` }));
  }
  const replica = new Replica(schema);
  const anchorIds = Array.from({ length: boxes / listLength }, (_, index) => index);
  replica.apply([{ type: "initialAnchors", anchorIds, reset: true }, rows]);
  return replica;
}

const kinds: { readonly [name: string]: (cards: number) => Row[] } = {
  "a field of a card": (cards) => [
    row("Card", below(cards), "update", { text: `changed ${version}` }),
  ],
  "the owner of a card": (cards) => [row("Card", below(cards), "update", { owner: below(1000) })],
  "the order of a list": (cards) => {
    const box = below(cards / listLength);
    const list = ids(box * listLength);
    const [moved] = list.splice(below(listLength), 1);
    list.splice(below(listLength), 0, moved ?? 0);
    return [row("Box", box, "update", { cards: list })];
  },
  "a card goes, and comes back": (cards) => {
    const card = below(cards);
    const box = Math.floor(card / listLength);
    const all = ids(box * listLength);
    const rest = all.filter((id) => id !== card);
    return [
      row("Box", box, "update", { cards: rest }),
      row("Card", card, "delete", {}),
      row("Card", card, "create", { text: "again", owner: below(1000) }),
      row("Box", box, "update", { cards: all }),
    ];
  },
};

/** The median of so many changes, in microseconds. */
function measure(replica: Replica, change: () => Row[], count: number): number {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const frame = change();
    const start = process.hrtime.bigint();
    replica.apply([frame]);
    void replica.state;
    times.push(Number(process.hrtime.bigint() - start) / 1000);
  }
  times.sort((one, other) => one - other);
  return times[Math.floor(count / 2)] ?? 0;
}

console.log("median in us                     cards    change   after 10,000 more");
for (const cards of [10_000, 100_000]) {
  for (const [name, change] of Object.entries(kinds)) {
    const replica = filled(cards);
    // The first ones are slow, for nothing is compiled yet.
    measure(replica, () => change(cards), 2000);
    const first = measure(replica, () => change(cards), 1000);
    measure(replica, () => change(cards), 10_000);
    const later = measure(replica, () => change(cards), 1000);
    console.log(
      [name.padEnd(28), `${cards}`.padStart(9), first.toFixed(1).padStart(9), later.toFixed(1)]
        .join(" ")
        .padEnd(58),
    );
  }
}
