import assert from "node:assert/strict";
import { test } from "node:test";
import type { Run } from "./run.ts";
import { ATTEMPTS_MAX, type Death, judge } from "./verdict.ts";

const run = (slot: number, changes: Partial<Run> = {}): Run => ({
  slot,
  functionName: "f",
  request: new Uint8Array(),
  queuedAtMs: 0,
  sentAtMs: 0,
  strikes: 0,
  attempts: 1,
  cancelled: false,
  release: undefined,
  answer: () => {},
  ...changes,
});
const death = (changes: Partial<Death>): Death => ({
  reason: "unknown",
  text: "",
  culpritSlot: undefined,
  runningSlot: undefined,
  ...changes,
});

test("a culprit that the thread named is guilty, the others run again without a strike", () => {
  const [a, b] = [run(1), run(2)];
  const verdict = judge(death({ reason: "exit", culpritSlot: 2 }), [a, b]);
  assert.equal(verdict.guilty, b);
  assert.deepEqual(verdict.innocent, [a]);
  assert.equal(a.strikes, 0);
});

test("what executes in a blocked thread is guilty at once", () => {
  const [a, b] = [run(1), run(2)];
  assert.equal(judge(death({ reason: "blocked", runningSlot: 1 }), [a, b]).guilty, a);
});

test("a thread blocked by code after an await makes suspects of all its runs", () => {
  const [a, b] = [run(1), run(2)];
  const verdict = judge(death({ reason: "blocked" }), [a, b]);
  assert.equal(verdict.guilty, undefined);
  assert.deepEqual([a.strikes, b.strikes], [1, 1]);
});

test("memory that overflows in a run's code makes it a suspect, and convicts it the second time", () => {
  const [a, b] = [run(1), run(2)];
  const first = judge(death({ reason: "out-of-memory", runningSlot: 1 }), [a, b]);
  assert.equal(first.guilty, undefined);
  assert.deepEqual([a.strikes, b.strikes], [1, 0]);
  assert.equal(judge(death({ reason: "out-of-memory", runningSlot: 2 }), [a, b]).guilty, a);
});

test("a suspect that was there at a second death is guilty, newcomers are not even suspects", () => {
  const [suspect, newcomer] = [run(1, { strikes: 1 }), run(2)];
  assert.equal(judge(death({}), [newcomer, suspect]).guilty, suspect);
  assert.equal(newcomer.strikes, 0);
});

test("a run that was alone is guilty", () => {
  const alone = run(1);
  assert.equal(judge(death({}), [alone]).guilty, alone);
});

test("an error of code that belongs to an answered run strikes nobody out", () => {
  const [a, b] = [run(1), run(2)];
  const verdict = judge(death({ reason: "uncaught", culpritSlot: 99 }), [a, b]);
  assert.equal(verdict.guilty, undefined);
  assert.equal(verdict.innocent.length, 2);
});

test("a run that lost its thread too often is given up", () => {
  const unlucky = run(1, { attempts: ATTEMPTS_MAX });
  const verdict = judge(death({ reason: "exit", culpritSlot: 2 }), [unlucky, run(2)]);
  assert.deepEqual(verdict.givenUp, [unlucky]);
});
