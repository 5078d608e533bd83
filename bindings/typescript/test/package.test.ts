/*
 * What is published.
 */
import { readFileSync } from "node:fs";
import { test } from "node:test";
import assert from "node:assert/strict";

const folder = new URL("../../", import.meta.url);

function textOf(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

const { files } = JSON.parse(textOf("package.json")) as { readonly files: readonly string[] };

function isPublished(name: string): boolean {
  return files.some((pattern) =>
    new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`).test(name),
  );
}

for (const page of files.filter((name) => name.endsWith(".md"))) {
  test(`what ${page} links to is in the package`, () => {
    for (const [, link = ""] of textOf(page).matchAll(/\]\((?!https?:)([^)#]*)/g)) {
      assert(isPublished(link), link);
      assert(textOf(link).length > 0, link);
    }
  });
}
