/** As much of Node's declarations as the tests use; Debian has no package of them. */
declare module "node:test" {
  export function test(name: string, run: () => void | Promise<void>): void;
  export function test(
    name: string,
    options: { skip?: boolean | string; timeout?: number },
    run: () => void | Promise<void>,
  ): void;
  export function after(run: () => void | Promise<void>): void;
}

declare module "node:assert/strict" {
  interface Assert {
    (value: unknown, message?: string): asserts value;
    equal(actual: unknown, expected: unknown, message?: string): void;
    fail(message: string): never;
    notEqual(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    match(text: string, pattern: RegExp, message?: string): void;
    rejects(promise: Promise<unknown>, expected?: object): Promise<void>;
    throws(run: () => unknown, expected?: object): void;
  }
  const assert: Assert;
  export default assert;
}

declare module "node:child_process" {
  interface Readable {
    setEncoding(encoding: "utf8"): void;
    on(event: "data", listener: (text: string) => void): void;
  }
  interface ChildProcess {
    readonly stdout: Readable;
    kill(signal?: "SIGINT" | "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): boolean;
    once(event: "exit", listener: (code: number | null) => void): void;
  }
  export function spawn(
    program: string,
    flags: readonly string[],
    options: { stdio: readonly ("ignore" | "pipe" | "inherit")[] },
  ): ChildProcess;
  export function execFileSync(
    program: string,
    flags: readonly string[],
    options: { encoding: "utf8"; maxBuffer: number },
  ): string;
}

declare module "node:fs" {
  export function readFileSync(path: URL | string, encoding: "utf8"): string;
}

declare module "node:module" {
  export function register(specifier: string): void;
}

declare const process: {
  readonly env: { readonly [name: string]: string | undefined };
  readonly hrtime: { bigint(): bigint };
  exitCode: number;
};
