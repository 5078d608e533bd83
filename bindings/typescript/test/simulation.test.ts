/*
 * Against the simulation of the server, which SIMULATION names; without it this is skipped.
 *
 * It plays a random history on the server's own core: rows, transactions, loads, lists, rights,
 * connections that break anywhere, full sockets, lost histories. Here, clients are told the very
 * same frames. Whenever all is quiet, each must show what the server's store says, and nothing
 * else; and whenever one comes back, it must say of itself what the simulation's client says.
 */
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import assert from "node:assert/strict";
import { Channel } from "covey";
import type { ChannelSchema, FieldSchema, Id, ModelSchema, Row } from "covey";
import { seedOfRun } from "./dice.js";
import { FakeServer } from "./fake_server.js";
import type { FakeConnection } from "./fake_server.js";

const program = process.env["SIMULATION"] ?? "";
const skip = program === "" && "SIMULATION does not name the simulation";

interface Description {
  readonly models: readonly (Omit<ModelSchema, "fields"> & {
    readonly name: string;
    readonly fields: readonly (FieldSchema & { readonly name: string })[];
  })[];
  readonly channels: readonly {
    readonly pattern: string;
    readonly context: { readonly model: string; readonly many?: boolean };
  }[];
}

/** A line of the story; its other members depend on which of them it has. */
interface Line {
  readonly description?: Description;
  readonly client: number;
  readonly pattern?: string;
  readonly anchor?: number;
  readonly first?: Row;
  readonly frame?: string;
  readonly end?: number;
  readonly anchors?: readonly Id[];
  readonly rows?: { readonly [key: string]: Row };
}

function schemaOf({ models, channels }: Description, pattern: string): ChannelSchema {
  const context = channels.find((channel) => channel.pattern === pattern)?.context;
  assert(context);
  const fieldsOf = (all: Description["models"][number]["fields"]) =>
    Object.fromEntries(all.map(({ name, ...field }) => [name, field]));
  return {
    path: pattern,
    anchor: context.model,
    many: context.many ?? false,
    models: Object.fromEntries(
      models.map(({ name, id, fields }) => [name, { id, writable: [], fields: fieldsOf(fields) }]),
    ),
    actions: {},
  };
}

/** One client that is told what one of the simulation's is told. */
class Listener {
  readonly #schema: ChannelSchema;
  readonly #server = new FakeServer();
  readonly #channel: Channel<unknown>;
  #connection: FakeConnection | undefined;
  /** Every row that it was ever told of, as `model:id`. */
  readonly #known = new Map<string, readonly [model: string, id: Id]>();

  constructor(schema: ChannelSchema, anchor: number) {
    this.#schema = schema;
    this.#channel = new Channel<unknown>(schema, this.#server.options, { id: anchor });
  }

  async hear({ first, frame, end, anchors, rows }: Line): Promise<void> {
    if (first) await this.#connect(first);
    if (frame !== undefined) this.#receive(frame);
    if (end !== undefined) this.#connection?.close(end);
    if (anchors && rows) this.#check(anchors, rows);
  }

  async #connect(first: Row): Promise<void> {
    const { page, connections } = this.#server;
    const count = connections.length;
    this.#channel.open();
    await page.advance(0);
    while (connections.length === count) await page.advance(page.next ?? assert.fail("no timer"));
    this.#connection = await this.#server.accept();
    assert.deepEqual({ ...this.#connection.first, token: first["token"] }, first);
  }

  #receive(frame: string): void {
    const rows = JSON.parse(frame) as Row | readonly Row[];
    if (Array.isArray(rows)) {
      for (const { _instance_type: model, id } of rows as { _instance_type: string; id: Id }[]) {
        if (model) this.#known.set(`${model}:${id}`, [model, id]);
      }
    }
    this.#connection?.sayText(frame);
  }

  #check(anchors: readonly Id[], rows: { readonly [key: string]: Row }): void {
    assert.equal(this.#channel.status, "synced");
    const roots = anchors.map((id) => this.#instance(this.#schema.anchor, id));
    const { state } = this.#channel;
    if (this.#schema.many) assert.deepEqual((state as Row[]).map(idOf), anchors);
    const shown = this.#schema.many ? (state as Row[]) : [state];
    shown.forEach((instance, index) => assert.equal(instance, roots[index] ?? null));
    for (const [key, [model, id]] of this.#known) {
      const instance = this.#instance(model, id);
      const row = rows[key];
      if (instance && row) this.#checkInstance(model, key, instance, row);
      else assert.equal(instance, row ?? null, key);
    }
    for (const key of Object.keys(rows)) assert(this.#known.has(key), `${key} was never told`);
  }

  /** Field by field; what is referred to is the very object that stands under its id. */
  #checkInstance(model: string, key: string, instance: Row, row: Row): void {
    assert.deepEqual(Object.keys(instance).sort(), Object.keys(row), key);
    for (const [field, value] of Object.entries(row)) {
      const { type, model: target } = this.#schema.models[model]?.fields[field] ?? {};
      const shown = instance[field];
      if (!target) {
        assert.deepEqual(shown, value, `${key}.${field}`);
      } else if (type === "one") {
        assert.equal(shown, value === null ? null : this.#instance(target, value as Id));
      } else {
        assert.deepEqual((shown as Row[]).map(idOf), value, `${key}.${field}`);
        for (const one of shown as Row[]) assert.equal(one, this.#instance(target, idOf(one)));
      }
    }
  }

  #instance(model: string, id: Id): Row | null {
    return this.#channel.instance(model as never, id as never);
  }
}

function idOf({ id }: Row): Id {
  return id as Id;
}

async function listen(story: string): Promise<{ resumptions: number; checks: number }> {
  const listeners = new Map<number, Listener>();
  let description: Description | undefined;
  let resumptions = 0;
  let checks = 0;
  for (const text of story.trim().split("\n")) {
    const line = JSON.parse(text) as Line;
    if (line.description) ({ description } = line);
    else if (line.pattern !== undefined && description) {
      const schema = schemaOf(description, line.pattern);
      listeners.set(line.client, new Listener(schema, line.anchor ?? 0));
    } else await listeners.get(line.client)?.hear(line);
    if (line.rows) checks += 1;
    if (line.frame?.includes('"resumed":true')) resumptions += 1;
  }
  return { resumptions, checks };
}

test("whoever is told what the server says shows what its store holds", { skip }, async () => {
  const seed = seedOfRun("simulation");
  const histories = Number(process.env["HISTORIES"] ?? 5);
  const steps = process.env["STEPS"] ?? "1000";
  let all = { resumptions: 0, checks: 0 };
  for (let history = 0; history < histories; history += 1) {
    const flags = ["--tell", steps, String(seed + history)];
    const story = execFileSync(program, flags, { encoding: "utf8", maxBuffer: 2 ** 30 });
    try {
      const { resumptions, checks } = await listen(story);
      all = { resumptions: all.resumptions + resumptions, checks: all.checks + checks };
    } catch (error) {
      console.log(`simulation: again with SEED=${seed + history} HISTORIES=1`);
      throw error;
    }
  }
  assert(all.checks > 0 && (all.resumptions > 0 || histories < 5), "hardly anything happened");
});
