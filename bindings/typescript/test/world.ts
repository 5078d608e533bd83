/*
 * The models and channels of the tests, those of the shared vectors among them:
 *
 *     Project  title lead:Member? tasks:[Task by project] notes:[Note by project]   may be saved
 *     Task     project title who:Member? rank?                may be saved, created, deleted
 *     Member   name files:[File]
 *     Note     project? owner? text
 *     File     name                                           string ids; may be created
 *     Node     name next:Node? others:[Node]                  in circles
 *     Folder   parent? name folders:[Folder by parent]        may be created
 */
import { Channel } from "covey";
import type { CallOptions, ChannelSchema, ClientOptions, ModelsSchema } from "covey";

export interface Project {
  readonly id: number;
  readonly title: string;
  readonly lead: Member | null;
  readonly tasks: readonly Task[];
  readonly notes: readonly Note[];
}

export interface Task {
  readonly id: number;
  readonly project: number;
  readonly title: string;
  readonly who: Member | null;
  readonly rank: number | null;
}

export interface Member {
  readonly id: number;
  readonly name: string;
  readonly files: readonly File[];
}

export interface Note {
  readonly id: number;
  readonly project: number | null;
  readonly owner: string | null;
  readonly text: string;
}

export interface File {
  readonly id: string;
  readonly name: string;
}

export interface Folder {
  readonly id: number;
  readonly name: string;
  readonly folders: readonly Folder[];
}

export interface FolderModels {
  "b.Folder": {
    instance: Folder;
    id: number;
    create: { name: string };
    lists: { folders: "b.Folder" };
  };
}

export interface Models {
  "b.Project": {
    instance: Project;
    id: number;
    save: { title?: string };
    lists: { tasks: "b.Task" };
  };
  "b.Task": {
    instance: Task;
    id: number;
    save: { project?: number; title?: string; who?: number | null };
    create: { title: string; who?: number | null };
    delete: true;
  };
  "b.Member": { instance: Member; id: number; lists: { files: "b.File" } };
  "b.Note": { instance: Note; id: number };
  "b.File": { instance: File; id: string; create: { name: string } };
}

export interface Variables {
  viewers: number;
  notifications: number;
}

export const models: ModelsSchema = {
  "b.Project": {
    id: "integer",
    writable: ["save"],
    fields: {
      title: { type: "string", writable: true },
      lead: { type: "one", nullable: true, model: "b.Member" },
      tasks: { type: "many", model: "b.Task", inverse: "project" },
      notes: { type: "many", model: "b.Note", inverse: "project" },
    },
  },
  "b.Task": {
    id: "integer",
    writable: ["save", "create", "delete"],
    fields: {
      project: { type: "integer", writable: true },
      title: { type: "string", writable: true },
      who: { type: "one", nullable: true, writable: true, model: "b.Member" },
      rank: { type: "integer", nullable: true },
    },
  },
  "b.Member": {
    id: "integer",
    writable: [],
    fields: { name: { type: "string" }, files: { type: "many", model: "b.File" } },
  },
  "b.Note": {
    id: "integer",
    writable: [],
    fields: {
      project: { type: "integer", nullable: true },
      owner: { type: "string", nullable: true },
      text: { type: "string" },
    },
  },
  "b.File": {
    id: "string",
    writable: ["create"],
    fields: { name: { type: "string", writable: true } },
  },
  "b.Node": {
    id: "integer",
    writable: [],
    fields: {
      name: { type: "string" },
      next: { type: "one", nullable: true, model: "b.Node" },
      others: { type: "many", model: "b.Node" },
    },
  },
  "b.Folder": {
    id: "integer",
    writable: ["create"],
    fields: {
      parent: { type: "integer", nullable: true },
      name: { type: "string", writable: true },
      folders: { type: "many", model: "b.Folder", inverse: "parent" },
    },
  },
};

const actions = { rename: ["title"], plan: ["title", "rank"], echo: [] };

export const one: ChannelSchema = {
  path: "project/<int:id>/",
  anchor: "b.Project",
  many: false,
  models,
  actions,
};

export const list: ChannelSchema = { ...one, path: "projects/", many: true };

export const nodes: ChannelSchema = { ...one, path: "nodes/", anchor: "b.Node", many: true };

export const folders: ChannelSchema = { ...one, path: "folder/", anchor: "b.Folder" };

export class ProjectChannel extends Channel<Project, Variables, Models> {
  constructor(options: ClientOptions) {
    super(one, options, { id: 1 });
  }

  rename(title: string, options?: CallOptions): Promise<boolean>;
  rename(parameters: { title: string }, options?: CallOptions): Promise<boolean>;
  rename(...given: unknown[]): Promise<boolean> {
    return this.invoke("rename", given);
  }

  plan(title: string, rank?: number, options?: CallOptions): Promise<string>;
  plan(parameters: { title: string; rank?: number }, options?: CallOptions): Promise<string>;
  plan(...given: unknown[]): Promise<string> {
    return this.invoke("plan", given);
  }

  echo(options?: CallOptions): Promise<null>;
  echo(...given: unknown[]): Promise<null> {
    return this.invoke("echo", given);
  }
}

export class ProjectListChannel extends Channel<readonly Project[], Variables, Models> {
  constructor(options: ClientOptions) {
    super(list, options);
  }
}
