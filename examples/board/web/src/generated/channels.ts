// Written by Covey from what the server registers. Changes made here are lost.
import { Channel } from "covey";
import type { CallOptions, ChannelSchema, ClientOptions, ModelsSchema } from "covey";

// ------------------------------------------------------------------------------------- models

/** board.Project */
export interface Project {
  readonly id: number;
  readonly name: string;
  readonly tasks: readonly Task[];
  readonly members: readonly Member[];
  readonly notes: readonly Note[];
}

export interface ProjectSave {
  name?: string;
}

/** board.Task */
export interface Task {
  readonly id: number;
  readonly project: number;
  readonly title: string;
  readonly done: boolean;
  readonly assignee: Member | null;
}

export interface TaskSave {
  project?: number;
  title?: string;
  done?: boolean;
  assignee?: number | null;
}

export interface TaskCreate {
  project?: number;
  title: string;
  done: boolean;
  assignee?: number | null;
}

/** board.Member */
export interface Member {
  readonly id: number;
  readonly name: string;
}

/** board.Note */
export interface Note {
  readonly id: number;
  readonly project: number;
  readonly owner: number;
  readonly text: string;
}

export interface Models {
  "board.Project": {
    instance: Project;
    id: number;
    save: ProjectSave;
    lists: { tasks: "board.Task" };
  };
  "board.Task": {
    instance: Task;
    id: number;
    save: TaskSave;
    create: TaskCreate;
    delete: true;
  };
  "board.Member": {
    instance: Member;
    id: number;
  };
  "board.Note": {
    instance: Note;
    id: number;
  };
}

const models = {
  "board.Project": {
    id: "integer",
    writable: ["save"],
    fields: {
      name: { type: "string", writable: true },
      tasks: { type: "many", model: "board.Task", inverse: "project" },
      members: { type: "many", model: "board.Member" },
      notes: { type: "many", model: "board.Note", inverse: "project" },
    },
  },
  "board.Task": {
    id: "integer",
    writable: ["save", "create", "delete"],
    fields: {
      project: { type: "integer", writable: true },
      title: { type: "string", writable: true },
      done: { type: "boolean", writable: true },
      assignee: { type: "one", nullable: true, writable: true, model: "board.Member" },
    },
  },
  "board.Member": {
    id: "integer",
    writable: [],
    fields: {
      name: { type: "string" },
    },
  },
  "board.Note": {
    id: "integer",
    writable: [],
    fields: {
      project: { type: "integer" },
      owner: { type: "integer" },
      text: { type: "string" },
    },
  },
} as ModelsSchema;

// ----------------------------------------------------------------------------------- channels

/** Runtime variables of ws/projects/<int:project_id>/ */
export interface ProjectChannelVariables {
  viewers: number;
}

/** ws/projects/<int:project_id>/ shows one board.Project. */
export class ProjectChannel extends Channel<Project, ProjectChannelVariables, Models> {
  static readonly schema: ChannelSchema = {
    path: "ws/projects/<int:project_id>/",
    anchor: "board.Project",
    many: false,
    models,
    actions: {
      add: ["a", "b"],
      fail: ["code", "message"],
      slow: ["milliseconds"],
      rename: ["name"],
    },
  };

  constructor(options: ClientOptions, parameters: { project_id: number }) {
    super(ProjectChannel.schema, options, parameters);
  }

  add(a: number, b: number, options?: CallOptions): Promise<number>;
  add(parameters: { a: number; b: number }, options?: CallOptions): Promise<number>;
  add(...given: unknown[]): Promise<number> {
    return this.invoke("add", given);
  }

  fail(code: number, message: string, options?: CallOptions): Promise<null>;
  fail(parameters: { code: number; message: string }, options?: CallOptions): Promise<null>;
  fail(...given: unknown[]): Promise<null> {
    return this.invoke("fail", given);
  }

  slow(milliseconds: number, options?: CallOptions): Promise<string>;
  slow(parameters: { milliseconds: number }, options?: CallOptions): Promise<string>;
  slow(...given: unknown[]): Promise<string> {
    return this.invoke("slow", given);
  }

  rename(name: string, options?: CallOptions): Promise<boolean>;
  rename(parameters: { name: string }, options?: CallOptions): Promise<boolean>;
  rename(...given: unknown[]): Promise<boolean> {
    return this.invoke("rename", given);
  }
}

/** ws/projects/ shows a list of board.Project. */
export class ProjectListChannel extends Channel<readonly Project[], {}, Models> {
  static readonly schema: ChannelSchema = {
    path: "ws/projects/",
    anchor: "board.Project",
    many: true,
    models,
    actions: {
      add: ["a", "b"],
      fail: ["code", "message"],
      slow: ["milliseconds"],
      search: ["term"],
      create_project: ["name"],
    },
  };

  constructor(options: ClientOptions = {}) {
    super(ProjectListChannel.schema, options);
  }

  add(a: number, b: number, options?: CallOptions): Promise<number>;
  add(parameters: { a: number; b: number }, options?: CallOptions): Promise<number>;
  add(...given: unknown[]): Promise<number> {
    return this.invoke("add", given);
  }

  fail(code: number, message: string, options?: CallOptions): Promise<null>;
  fail(parameters: { code: number; message: string }, options?: CallOptions): Promise<null>;
  fail(...given: unknown[]): Promise<null> {
    return this.invoke("fail", given);
  }

  slow(milliseconds: number, options?: CallOptions): Promise<string>;
  slow(parameters: { milliseconds: number }, options?: CallOptions): Promise<string>;
  slow(...given: unknown[]): Promise<string> {
    return this.invoke("slow", given);
  }

  search(term: string, options?: CallOptions): Promise<null>;
  search(parameters: { term: string }, options?: CallOptions): Promise<null>;
  search(...given: unknown[]): Promise<null> {
    return this.invoke("search", given);
  }

  createProject(name: string, options?: CallOptions): Promise<number>;
  createProject(parameters: { name: string }, options?: CallOptions): Promise<number>;
  createProject(...given: unknown[]): Promise<number> {
    return this.invoke("create_project", given);
  }
}
