import { test } from "node:test";
import assert from "node:assert/strict";
import { page } from "#dist/platform.js";

class FakeDocument extends EventTarget {
  visibilityState = "visible";

  show(visibilityState: string): void {
    this.visibilityState = visibilityState;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/** Runs something in what looks like a browser's window. */
function inWindow(run: (document: FakeDocument, window: EventTarget) => void): void {
  const document = new FakeDocument();
  const window = new EventTarget();
  const names = ["addEventListener", "document"];
  const values = [window.addEventListener.bind(window), document];
  names.forEach((name, index) => {
    Object.defineProperty(globalThis, name, { value: values[index], configurable: true });
  });
  try {
    run(document, window);
  } finally {
    for (const name of names) Reflect.deleteProperty(globalThis, name);
  }
}

test("a page wakes a channel when it is looked at or online, and doubts it when offline", () => {
  inWindow((document, window) => {
    const seen: string[] = [];
    const stop = page.watch(
      () => seen.push("wake"),
      () => seen.push("doubt"),
    );
    document.show("hidden");
    assert.deepEqual(seen, []);
    document.show("visible");
    window.dispatchEvent(new Event("online"));
    window.dispatchEvent(new Event("offline"));
    assert.deepEqual(seen, ["wake", "wake", "doubt"]);
    stop();
    document.show("visible");
    window.dispatchEvent(new Event("online"));
    assert.equal(seen.length, 3);
  });
});

test("where there is no page, nothing is watched", () => {
  page.watch(
    () => assert(false),
    () => assert(false),
  )();
});

test("a timer runs once, unless it is stopped", async () => {
  let count = 0;
  const stop = page.timer(0, () => (count += 10));
  stop();
  await new Promise<void>((resolve) => {
    page.timer(0, () => {
      count += 1;
      resolve();
    });
  });
  assert.equal(count, 1);
});
