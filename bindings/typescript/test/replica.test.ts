import { test } from "node:test";
import assert from "node:assert/strict";
import { Replica } from "#dist/replica.js";
import { change, row } from "./fake_server.js";
import { list, nodes, one } from "./world.js";
import type { Member, Project, Task } from "./world.js";

const mia = row("b.Member", 3, { name: "Mia", files: [] });
const task = row("b.Task", 5, { project: 1, title: "t5", who: 3, rank: null });
const other = row("b.Task", 6, { project: 1, title: "t6", who: null, rank: 1 });
const project = row("b.Project", 1, { title: "P", lead: 3, tasks: [5, 6], notes: [] });

function begun(...rows: readonly object[]): Replica {
  const replica = new Replica(one);
  const reset = { type: "initialAnchors", anchorIds: [1], reset: true } as const;
  replica.apply([reset, rows as never]);
  return replica;
}

function projectOf(replica: Replica): Project {
  return replica.state as Project;
}

const nested = {
  id: 1,
  title: "P",
  lead: { id: 3, name: "Mia", files: [] },
  tasks: [
    { id: 5, project: 1, title: "t5", who: { id: 3, name: "Mia", files: [] }, rank: null },
    { id: 6, project: 1, title: "t6", who: null, rank: 1 },
  ],
  notes: [],
};

test("flat rows become nested state, whatever their order", () => {
  assert.deepEqual(begun(project, mia, task, other).state, nested);
  assert.deepEqual(begun(other, task, mia, project).state, nested);
});

test("the same instance is the same object wherever it is shown", () => {
  const { lead, tasks } = projectOf(begun(project, mia, task, other));
  assert.equal(lead, tasks[0]?.who);
});

test("what is referred to and is not there is null, or not in the list, until it comes", () => {
  const replica = begun(project, task);
  assert.deepEqual(replica.state, {
    ...nested,
    lead: null,
    tasks: [{ ...nested.tasks[0], who: null }],
  });
  replica.apply([[other, mia]]);
  assert.deepEqual(replica.state, nested);
});

test("rows and deletions of what nobody knows change nothing, and throw nothing", () => {
  const replica = begun(project, mia, task, other);
  const before = replica.state;
  replica.apply([
    [change("b.Task", 99, "delete"), change("b.Unheard", 1, "update", { a: [1] })],
    [change("b.Unheard", 2, "delete"), {}, { _instance_type: "b.Task" }],
    [{ message: "hi", _instance_type: "_notification" }],
  ]);
  assert.equal(replica.state, before);
  assert.deepEqual(replica.instance("b.Unheard", 1), { id: 1, a: [1] });
});

test("a change makes new objects for what it is in, and for nothing else", () => {
  const replica = begun(project, mia, task, other);
  const before = projectOf(replica);
  replica.apply([[change("b.Task", 5, "update", { title: "x" })]]);
  const after = projectOf(replica);
  assert.notEqual(after, before);
  assert.notEqual(after.tasks, before.tasks);
  assert.notEqual(after.tasks[0], before.tasks[0]);
  assert.equal(after.tasks[1], before.tasks[1]);
  assert.equal(after.lead, before.lead);
  assert.equal(after.notes, before.notes);
  assert.deepEqual(before, nested);
  assert.equal(after.tasks[0]?.title, "x");
});

test("a list stays the same object when only fields beside it change", () => {
  const replica = begun(project, mia, task, other);
  const before = projectOf(replica);
  replica.apply([[change("b.Project", 1, "update", { title: "Q" })]]);
  assert.notEqual(projectOf(replica), before);
  assert.equal(projectOf(replica).tasks, before.tasks);
});

test("a change that changes nothing leaves everything the same", () => {
  const replica = begun(project, mia, task, other);
  const before = replica.state;
  replica.apply([[change("b.Task", 5, "create", { ...task, title: "t5" })]]);
  replica.apply([[change("b.Project", 1, "update", { tasks: [5, 6], title: "P" })]]);
  assert.equal(replica.state, before);
});

test("a change far below reaches everybody above, over every way", () => {
  const replica = begun(project, mia, task, other);
  const before = projectOf(replica);
  replica.apply([[change("b.Member", 3, "update", { name: "Ann" })]]);
  const after = projectOf(replica);
  assert.equal(after.lead?.name, "Ann");
  assert.equal(after.lead, after.tasks[0]?.who);
  assert.equal(after.tasks[1], before.tasks[1]);
});

test("rows that are not newer are ignored, deletions too", () => {
  const replica = begun(project, mia, task, other);
  const older = change("b.Task", 5, "update", { title: "old" });
  const newer = change("b.Task", 5, "update", { title: "new" });
  replica.apply([[newer], [older], [newer], [{ ...older, _operation: "delete" }]]);
  assert.equal(projectOf(replica).tasks[0]?.title, "new");
});

test("what left may come back as it was, with the version that it had", () => {
  const replica = begun(project, mia, task, other);
  replica.apply([[change("b.Task", 5, "delete")]]);
  assert.deepEqual(projectOf(replica).tasks, [nested.tasks[1]]);
  replica.apply([[{ ...task, _operation: "create" }]]);
  assert.deepEqual(replica.state, nested);
});

test("an update of what is not there is taken for a row", () => {
  const replica = begun(project, mia, other);
  replica.apply([[change("b.Task", 5, "update", { title: "half" })]]);
  assert.deepEqual(projectOf(replica).tasks[0], { id: 5, title: "half", who: null });
});

test("the single anchor may go and come back", () => {
  const replica = begun(project);
  replica.apply([[change("b.Project", 1, "delete")]]);
  assert.equal(replica.state, null);
  replica.apply([[change("b.Project", 1, "create", { title: "Q", tasks: [], notes: [] })]]);
  assert.equal(projectOf(replica).title, "Q");
});

test("a new snapshot drops what it does not say, and keeps what is as it was", () => {
  const replica = begun(project, mia, task, other);
  const before = projectOf(replica);
  const shorter = { ...project, tasks: [6], _version: 1 };
  replica.apply([
    { type: "initialAnchors", anchorIds: [1], reset: true },
    [shorter, { ...mia, _version: 2 }, { ...other, _version: 3 }],
  ]);
  const after = projectOf(replica);
  assert.deepEqual(after, { ...nested, tasks: [nested.tasks[1]] });
  assert.equal(after.lead, before.lead);
  assert.equal(after.tasks[0], before.tasks[1]);
  assert.equal(replica.instance("b.Task", 5), undefined);
});

test("JSON values keep their objects while they say the same", () => {
  const fields = { title: "P", tasks: [], notes: [], more: { a: [1] } };
  const replica = begun(row("b.Project", 1, fields));
  const { more } = replica.state as { more: object };
  const again = { title: "Q", tasks: [], notes: [], more: { a: [1] } };
  replica.apply([[change("b.Project", 1, "create", again)]]);
  assert.equal((replica.state as { more: object }).more, more);
  replica.apply([[change("b.Project", 1, "update", { more: { a: [1, 2] } })]]);
  assert.deepEqual((replica.state as { more: object }).more, { a: [1, 2] });
});

// ------------------------------------------------------------------------------------- anchors

function listed(replica: Replica): number[] {
  return (replica.state as Project[]).map(({ id }) => id);
}

function anchor(id: number, operation = "initial_state"): object {
  return change("b.Project", id, operation, { title: `P${id}`, lead: null, tasks: [], notes: [] });
}

function begunList(...ids: readonly number[]): Replica {
  const replica = new Replica(list);
  const rows = ids.map((id) => anchor(id));
  replica.apply([{ type: "initialAnchors", anchorIds: ids, reset: true }, rows as never]);
  return replica;
}

test("a list shows its anchors in order, also when there are none", () => {
  assert.deepEqual(listed(begunList(3, 1, 2)), [3, 1, 2]);
  assert.deepEqual(begunList().state, []);
});

test("anchors are appended by their first rows, and no other row appends one", () => {
  const replica = begunList(1);
  replica.apply([[anchor(2), anchor(3, "create")] as never]);
  assert.deepEqual(listed(replica), [1, 2]);
});

test("an anchor that is put first is not there twice", () => {
  const replica = begunList(1, 2);
  replica.apply([{ type: "prependAnchor", anchorId: 3 }, [anchor(3)] as never]);
  replica.apply([{ type: "prependAnchor", anchorId: 2 }]);
  assert.deepEqual(listed(replica), [2, 3, 1]);
});

test("an anchor that is announced is not shown before its row has come", () => {
  const replica = begunList(1);
  replica.apply([{ type: "prependAnchor", anchorId: 3 }]);
  assert.deepEqual(listed(replica), [1]);
  replica.apply([[anchor(3)] as never]);
  assert.deepEqual(listed(replica), [3, 1]);
});

test("a deleted anchor leaves the list, whatever versions say, and may come back", () => {
  const replica = begunList(1, 2);
  replica.apply([[{ ...change("b.Project", 1, "delete"), _version: 1 }]]);
  assert.deepEqual(listed(replica), [2]);
  replica.apply([[anchor(1)] as never]);
  assert.deepEqual(listed(replica), [2, 1]);
});

test("anchors are replaced without forgetting rows that both lists show", () => {
  const replica = begunList(1, 2);
  const [, second] = replica.state as Project[];
  replica.apply([
    [change("b.Project", 1, "delete")],
    { type: "initialAnchors", anchorIds: [2, 3] },
    [anchor(3)] as never,
  ]);
  assert.deepEqual(listed(replica), [2, 3]);
  assert.equal((replica.state as Project[])[0], second);
});

// ------------------------------------------------------------------------------------- circles

interface Node {
  readonly id: number;
  readonly name: string;
  readonly next: Node | null;
  readonly others: readonly Node[];
}

function begunNodes(links: readonly (readonly [id: number, next: number | null])[]): Replica {
  const replica = new Replica(nodes);
  const rows = links.map(([id, next]) => row("b.Node", id, { name: `n${id}`, next, others: [] }));
  replica.apply([{ type: "initialAnchors", anchorIds: [1], reset: true }, rows]);
  return replica;
}

function first(replica: Replica): Node {
  const [node] = replica.state as Node[];
  assert(node);
  return node;
}

test("an instance that refers to itself does so", () => {
  const replica = begunNodes([[1, 1]]);
  assert.equal(first(replica).next, first(replica));
});

test("a change in a circle is a change of all that is in it", () => {
  const links = [
    [1, 2],
    [2, 3],
    [3, 1],
  ] as const;
  const replica = begunNodes(links);
  const before = first(replica);
  assert.equal(before.next?.next?.next, before);
  replica.apply([[change("b.Node", 2, "update", { name: "x" })]]);
  const after = first(replica);
  assert.notEqual(after, before);
  assert.equal(after.next?.name, "x");
  assert.equal(after.next?.next?.next, after);
  assert.equal(before.next?.name, "n2");
});

test("circles are taken apart, and lists may refer to one twice and to themselves", () => {
  const replica = begunNodes([
    [1, 2],
    [2, 1],
  ]);
  replica.apply([[change("b.Node", 2, "update", { next: null, others: [1, 2, 1] })]]);
  const node = first(replica);
  assert.deepEqual(node.next?.others.map(({ id }) => id), [1, 2, 1]);
  replica.apply([[change("b.Node", 2, "update", { others: [] })]]);
  replica.apply([[change("b.Node", 1, "update", { name: "x" })]]);
  assert.equal(first(replica).next, node.next && replica.instance("b.Node", 2));
  assert.deepEqual(first(replica).next?.others, []);
});

test("a chain may be longer than any stack is deep", () => {
  const length = 100_000;
  const links = Array.from({ length }, (_, index) => [index + 1, index + 2] as const);
  const replica = begunNodes(links);
  const before = first(replica);
  replica.apply([[change("b.Node", length, "update", { name: "last" })]]);
  const after = first(replica);
  assert.notEqual(after, before);
  let node: Node | null = after;
  let count = 0;
  for (; node?.next; node = node.next) count += 1;
  assert.equal(count, length - 1);
  assert.equal(node?.name, "last");
});

// --------------------------------------------------------------------------------------- edits

test("an edit is shown until it is taken off, and what the server says goes underneath", () => {
  const replica = begun(project, mia, task, other);
  const takeOff = replica.edit("b.Task", 5, (row) => row && { ...row, title: "mine" });
  const edited = projectOf(replica);
  assert.equal(edited.tasks[0]?.title, "mine");
  replica.apply([[change("b.Task", 5, "update", { title: "theirs", rank: 7 })]]);
  assert.deepEqual(projectOf(replica).tasks[0], { ...nested.tasks[0], title: "mine", rank: 7 });
  takeOff();
  assert.equal(projectOf(replica).tasks[0]?.title, "theirs");
  assert.equal(projectOf(replica).tasks[1], edited.tasks[1]);
});

test("edits lie upon each other in the order they came, and go in any", () => {
  const replica = begun(project, mia, task, other);
  const undo = ["a", "b", "c"].map((more) =>
    replica.edit("b.Task", 5, (row) => row && { ...row, title: `${String(row["title"])}${more}` }),
  );
  const title = () => (replica.instance("b.Task", 5) as unknown as Task).title;
  assert.equal(title(), "t5abc");
  undo[1]?.();
  assert.equal(title(), "t5ac");
  undo[0]?.();
  undo[2]?.();
  assert.equal(title(), "t5");
});

test("an edit that says what the server then says leaves the objects as they are", () => {
  const replica = begun(project, mia, task, other);
  const takeOff = replica.edit("b.Task", 5, (row) => row && { ...row, title: "x" });
  const edited = replica.state;
  replica.apply([[change("b.Task", 5, "update", { title: "x" })]]);
  takeOff();
  assert.equal(replica.state, edited);
});

test("what an edit shows without a row of the server is gone with it", () => {
  const replica = begun(project, mia, task, other);
  const before = replica.state;
  const takeOff = replica.edit("b.Member", 9, () => ({ id: 9, name: "new", files: [] }));
  assert.equal((replica.instance("b.Member", 9) as unknown as Member).name, "new");
  takeOff();
  assert.equal(replica.instance("b.Member", 9), undefined);
  assert.equal(replica.state, before);
});
