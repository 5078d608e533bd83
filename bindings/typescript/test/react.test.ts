import { register } from "node:module";
import { test } from "node:test";
import assert from "node:assert/strict";
import { change, FakeServer, row } from "./fake_server.js";
import { Component } from "./fake_react.js";
import { ProjectChannel } from "./world.js";
import type { Task } from "./world.js";

// The hooks are to find this React, whatever is installed.
const react = JSON.stringify(new URL("./fake_react.js", import.meta.url).href);
const hook = `export const resolve = (name, context, next) =>
  name === "react" ? { url: ${react}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { useChannelState, useInstance, useRuntimeState } = await import("covey/react");

const rows = [
  row("b.Project", 1, { title: "P", lead: null, tasks: [5, 6], notes: [] }),
  row("b.Task", 5, { project: 1, title: "t5", who: null, rank: null }),
  row("b.Task", 6, { project: 1, title: "t6", who: null, rank: null }),
];

function started(): { server: FakeServer; channel: ProjectChannel } {
  const server = new FakeServer();
  return { server, channel: new ProjectChannel(server.options) };
}

test("a component shows all of a channel, which connects while it is mounted", async () => {
  const { server, channel } = started();
  const seen: unknown[] = [];
  const component = new Component(() => {
    const { state, runtimeState, connected, status, error } = useChannelState(channel);
    seen.push([state?.title, runtimeState.viewers, connected, status, error]);
  });
  const connection = await server.sync([1], rows);
  connection.say({ type: "runtimeVar", var: "viewers", value: 2 });
  assert.deepEqual(seen.at(0), [undefined, undefined, false, "closed", null]);
  assert.deepEqual(seen.at(1), [undefined, undefined, false, "connecting", null]);
  assert.deepEqual(seen.at(-1), ["P", 2, true, "synced", null]);
  const { renderings } = component;
  connection.say([change("b.Task", 5, "update", { title: "t5" })]);
  assert.equal(component.renderings, renderings);
  component.unmount();
  await server.page.advance(1000);
  assert.equal(channel.status, "closed");
});

test("a component that shows one instance renders for what is below it alone", async () => {
  const { server, channel } = started();
  let task: Task | null = null;
  const component = new Component(() => {
    task = useInstance(channel, "b.Task", 5);
  });
  assert.equal(task, null);
  const connection = await server.sync([1], rows);
  assert.equal((task as Task | null)?.title, "t5");
  const { renderings } = component;
  connection.say([change("b.Task", 6, "update", { title: "x" })]);
  connection.say([change("b.Project", 1, "update", { title: "Q" })]);
  assert.equal(component.renderings, renderings);
  connection.say([change("b.Task", 5, "update", { title: "y" })]);
  assert.equal(component.renderings, renderings + 1);
  assert.equal((task as Task | null)?.title, "y");
});

test("a component that shows variables renders for them alone", async () => {
  const { server, channel } = started();
  let viewers: number | undefined;
  const component = new Component(() => {
    ({ viewers } = useRuntimeState(channel));
  });
  const connection = await server.sync([1], rows);
  const { renderings } = component;
  connection.say([change("b.Task", 6, "update", { title: "x" })]);
  assert.equal(component.renderings, renderings);
  connection.say({ type: "runtimeVar", var: "viewers", value: 3 });
  assert.equal(component.renderings, renderings + 1);
  assert.equal(viewers, 3);
});
