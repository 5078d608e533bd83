import { readFileSync } from "node:fs";

/** A frame that every implementation reads the same. */
export interface Vector {
  readonly name: string;
  readonly section: string;
  readonly text: string;
}

/** What stands in place of what differs from run to run. */
export const stands = {
  T: "1795247640.199791",
  V: "1795247640199791",
  S: "0123456789abcdef0123456789abcdef",
  N: "4321",
};

/** The frames of a file of `Tests/vectors`, by name. */
export function vectors(file: "client" | "server"): Map<string, Vector> {
  const path = new URL(`../../../../Tests/vectors/${file}.json`, import.meta.url);
  const all = JSON.parse(readFileSync(path, "utf8")) as Vector[];
  return new Map(
    all.map((vector) => {
      const text = vector.text.replace(
        /\{([TVSN])\}/g,
        (_, name: keyof typeof stands) => stands[name],
      );
      return [vector.name, { ...vector, text }];
    }),
  );
}
