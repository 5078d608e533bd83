/*
 * The types that everybody shares: ids, JSON, and the schema that generated code holds.
 */

/** An instance's id: a number where its model has integer ids, else a string. */
export type Id = number | string;

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** An instance as it is on the wire: flat, with ids in place of what it refers to. */
export type Row = { readonly [field: string]: unknown };

// ------------------------------------------------------------------------------------- schema

/** What clients may do to the instances of a model. */
export type WriteOperation = "save" | "create" | "delete";

/**
 * What a field holds. On the wire, and in TypeScript: `datetime`, `date` and `decimal` are strings,
 * `json` is any value, `one` is an id or null, `many` a list of ids.
 */
export type FieldType =
  | "boolean"
  | "integer"
  | "number"
  | "string"
  | "datetime"
  | "date"
  | "decimal"
  | "json"
  | "choice"
  | "one"
  | "many";

/** A field of a model. What is not so is left out. */
export interface FieldSchema {
  readonly type: FieldType;
  /** It may be null. */
  readonly nullable?: true;
  /** Clients may write it, where the model lets them write. */
  readonly writable?: true;
  /** A create may leave it out: the server fills it in. */
  readonly optional?: true;
  /** Of a `choice`: the values there are. */
  readonly choices?: readonly Json[];
  /** Of `one` and `many`: the model referred to. */
  readonly model?: string;
  /** Of `many`: the field of that model which says whose list an instance is in. */
  readonly inverse?: string;
}

/** What the instances of one kind are. */
export interface ModelSchema {
  readonly id: "integer" | "string";
  readonly writable: readonly WriteOperation[];
  /** In the order of the server; `id` is not among them. */
  readonly fields: { readonly [name: string]: FieldSchema };
}

/** All models, by the name they have on the wire. */
export interface ModelsSchema {
  readonly [model: string]: ModelSchema;
}

/** What a channel is: where it is, what it shows, what can be called. */
export interface ChannelSchema {
  /** The server's pattern, such as `ws/projects/<int:project_id>/`. */
  readonly path: string;
  /** The model of its anchors: what the state is, or is a list of. */
  readonly anchor: string;
  /** Whether the state is a list. */
  readonly many: boolean;
  readonly models: ModelsSchema;
  /** The names of the parameters of each action, in order. */
  readonly actions: { readonly [action: string]: readonly string[] };
}

// ------------------------------------------------------------------------- types of the models

/** What TypeScript knows of one model. What cannot be done is left out. */
export interface ModelTypes {
  /** An instance as the state shows it, nested. */
  instance: object;
  id: Id;
  /** What a save may say. */
  save?: object;
  /** What a create must say. */
  create?: object;
  /** There if it may be deleted. */
  delete?: true;
  /** The lists of an instance that clients may create in, and the model of what is in them. */
  lists?: object;
}

type Has<Models, Part extends string> = {
  [Model in keyof Models]: Models[Model] extends Record<Part, {}> ? Model : never;
}[keyof Models] &
  string;

type Part<Models, Model, Name extends string> = Model extends keyof Models
  ? Models[Model] extends Record<Name, infer Found>
    ? Found
    : never
  : never;

/** The models there are. */
export type ModelName<Models> = keyof Models & string;
export type InstanceOf<Models, Model> = Part<Models, Model, "instance">;
export type IdOf<Models, Model> = Part<Models, Model, "id"> & Id;

/** The models that clients may save, and what a save says. */
export type Savable<Models> = Has<Models, "save">;
export type SaveOf<Models, Model> = Part<Models, Model, "save">;

/** The models that clients may delete. */
export type Deletable<Models> = Has<Models, "delete">;

/** The models that have lists in which clients may create, the lists, and what a create says. */
export type Parent<Models> = Has<Models, "lists">;
export type ListOf<Models, Model> = keyof Part<Models, Model, "lists"> & string;
export type ChildOf<Models, Model, List> = List extends keyof Part<Models, Model, "lists">
  ? Part<Models, Model, "lists">[List]
  : never;
export type CreateOf<Models, Model, List> = Part<Models, ChildOf<Models, Model, List>, "create">;
