/* As much of RxDjango's client as generated code sees. */
declare module "@rxdjango/react" {
  export interface InstanceType {
    id: number;
    _instance_type: string;
    _operation: string;
    _tstamp: number;
    _deleted?: boolean;
    _loaded?: boolean;
  }

  export type Saveable<T extends InstanceType, P = Partial<T>> = T & {
    save(data: P): Promise<void>;
  };
  export type Deleteable<T extends InstanceType> = T & { delete(): Promise<void> };
  export type Creatable<T extends InstanceType, P = Partial<T>> = T[] & {
    create(data?: P): Promise<number>;
  };

  export abstract class ContextChannel<State, Variables = unknown> {
    abstract anchor: string;
    abstract endpoint: string;
    abstract baseURL: string;
    abstract many: boolean;
    abstract model: { [type: string]: { [relation: string]: string } };
    abstract runtimeState: Variables | undefined | null;
    protected args: { [key: string]: number | string };
    writable?: { readonly [type: string]: readonly ("save" | "create" | "delete")[] };
    constructor(token: string);
    subscribe(listener: (state: State) => void): () => void;
    protected callAction<Result>(action: string, params: unknown[]): Promise<Result>;
  }
}
