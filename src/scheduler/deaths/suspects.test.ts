import assert from "node:assert/strict";
import { test } from "node:test";
import { rootCall } from "../call/children.ts";
import { type Entry, newEntry } from "../entry.ts";
import { judge, Suspects } from "./suspects.ts";

const run = (id: number, attempt: number, alone = false) => ({ id, attempt, alone });
const suspect = (id: number, attempt: number, deaths: number) => ({ id, attempt, deaths });

function judged(left: Parameters<typeof judge>[0], stored: Record<number, number>, deathsMax = 3) {
  const { suspects, interrupted, guilty } = judge(left, deathsMax, (id) => stored[id]);
  return { suspects, interrupted: interrupted.map(({ id }) => id), guilty: [...guilty] };
}

test("whatever was under way at a death is a suspect; what has ended, or was answered, is none", () => {
  const left = { suspects: [], runs: [run(1, 1), run(2, 4), run(3, 2)] };
  assert.deepEqual(judged(left, { 1: 0, 2: 4 }), {
    suspects: [suspect(1, 1, 1)],
    interrupted: [1],
    guilty: [],
  });
});

test("a suspect that waited for its turn at a death keeps its count; one that was answered is cleared", () => {
  const left = { suspects: [suspect(1, 1, 1), suspect(2, 1, 1), suspect(3, 1, 2)], runs: [] };
  assert.deepEqual(judged(left, { 1: 1, 2: 2, 3: 0 }).suspects, [suspect(1, 1, 1), suspect(3, 1, 2)]);
});

test("only a death in a run that was alone is proof, however many there were", () => {
  const beside = { suspects: [suspect(1, 9, 9)], runs: [run(1, 10)] };
  assert.deepEqual(judged(beside, { 1: 9 }).guilty, []);
  const alone = { suspects: [suspect(1, 2, 2)], runs: [run(1, 3, true)] };
  assert.deepEqual(judged(alone, { 1: 2 }), { suspects: [], interrupted: [1], guilty: [1] });
  const early = { suspects: [], runs: [run(1, 1, true)] };
  assert.deepEqual(judged(early, { 1: 0 }).guilty, []);
  assert.deepEqual(judged(early, { 1: 0 }, 1).guilty, [1]);
});

test("a run in two places of the journal died once, in its last attempt", () => {
  const left = { suspects: [], runs: [run(1, 2, true), run(1, 1), run(1, 3)] };
  assert.deepEqual(judged(left, { 1: 0 }, 1), { suspects: [suspect(1, 3, 1)], interrupted: [1], guilty: [] });
});

function entry(id: number): Entry {
  const call = { correlationId: 0n, endpoint: "http://a", function: "f", version: "" };
  const none = { expirationMs: undefined, delayMs: undefined, priority: undefined, retry: null, trace: null };
  return newEntry(rootCall(id, { ...call, ...none }, 0));
}

test("suspects run one at a time, the least suspicious first, the most suspicious with nothing beside it", () => {
  const suspects = new Suspects(3, () => 0);
  suspects.add([suspect(1, 1, 2), suspect(2, 1, 1), suspect(3, 1, 1)]);
  const entries = [1, 2, 3].map(entry);
  for (const one of entries) suspects.push(one);
  const ids = () => suspects.next(7)?.entry.call.id;
  assert.equal(ids(), 2);
  assert.equal(ids(), undefined);
  suspects.cleared(entries[1]!);
  assert.equal(ids(), 3);
  assert.equal(suspects.wantsAlone, false);
  suspects.cleared(entries[2]!);
  assert.equal(suspects.wantsAlone, true);
  assert.equal(ids(), undefined);
  assert.deepEqual(suspects.next(0), { entry: entries[0], alone: true });
  assert.equal(suspects.wantsAlone, true);
  suspects.passed(entries[0]!);
  assert.equal(suspects.wantsAlone, false);
  assert.ok(suspects.has(1), "it has not been run");
  suspects.push(entries[0]!);
  suspects.next(0);
  suspects.cleared(entries[0]!);
  assert.equal(suspects.size, 0);
});

/** Suspects of a process in which `deaths` calls are ready, on a clock of its own. */
function waiting(deaths: readonly number[]) {
  const clock = { ms: 0 };
  const suspects = new Suspects(3, () => clock.ms);
  suspects.add(deaths.map((count, index) => suspect(index + 1, 1, count)));
  const entries = deaths.map((_, index) => entry(index + 1));
  for (const one of entries) suspects.push(one);
  const pass = (ms: number) => {
    clock.ms += ms;
    return suspects.tick()?.entry.call.id;
  };
  return { suspects, entries, pass };
}

test("a suspect's turn ends before its run when that takes long", () => {
  const { suspects, entries, pass } = waiting([1, 1, 2]);
  assert.equal(suspects.next(9)?.entry, entries[0]);
  assert.equal(pass(4_999), undefined);
  assert.equal(suspects.next(9), undefined);
  assert.equal(pass(1), 1);
  assert.equal(suspects.next(9)?.entry, entries[1]);
  suspects.cleared(entries[1]!);
  assert.ok(suspects.has(1), "its run is not over");
  pass(5_000);
  assert.deepEqual(suspects.next(0), { entry: entries[2], alone: true });
  assert.ok(suspects.isAlone(entries[2]!));
  assert.equal(pass(5_000), 3);
  assert.equal(suspects.isAlone(entries[2]!), false);
  assert.equal(suspects.wantsAlone, false);
  assert.equal(suspects.isTicking, false);
});

test("the time alone doubles with every death that was no proof", () => {
  for (const [deaths, turnMs] of [
    [2, 5_000],
    [3, 10_000],
    [6, 80_000],
  ] as const) {
    const { suspects, pass } = waiting([deaths]);
    suspects.next(0);
    assert.equal(pass(turnMs - 1), undefined);
    assert.equal(pass(1), 1);
  }
});

test("while one waits to be alone the others are held back for longer and longer, and go on in between", () => {
  const { suspects, pass } = waiting([2]);
  const held: number[] = [];
  for (let second = 0; second < 40; second++) {
    assert.equal(suspects.next(1), undefined);
    if (suspects.wantsAlone) held.push(second);
    pass(1_000);
  }
  const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  assert.deepEqual(held, [...seconds(0, 5), ...seconds(10, 20), ...seconds(30, 40)]);
  assert.notEqual(suspects.next(0), undefined);
});

test("a call that has ended is no suspect, whether it waited, ran or neither", () => {
  const { suspects, entries } = waiting([1, 1, 2]);
  suspects.add([suspect(9, 1, 1)]);
  suspects.ended(9);
  suspects.ended(1);
  assert.equal(suspects.next(0)?.entry, entries[1]);
  suspects.ended(2);
  assert.equal(suspects.size, 1);
  assert.equal(suspects.waiting, 1);
  assert.deepEqual(suspects.next(0), { entry: entries[2], alone: true });
  suspects.ended(3);
  assert.equal(suspects.size, 0);
  assert.equal(suspects.wantsAlone, false);
});
