import assert from "node:assert/strict";
import { test } from "node:test";
import { testRun as run } from "./run.test-support.ts";
import { type Death, judge, LOSSES_MAX } from "./verdict.ts";

const death = (changes: Partial<Death> = {}): Death => ({
  reason: "unknown",
  text: "",
  culpritId: undefined,
  executing: undefined,
  ...changes,
});

test("a culprit that the thread named is guilty, the others run again without a strike", () => {
  const [a, b] = [run(), run()];
  const verdict = judge(death({ reason: "exit", culpritId: b.id }), [a, b]);
  assert.equal(verdict.guilty, b);
  assert.deepEqual(verdict.innocent, [a]);
  assert.equal(a.strikes, 0);
});

test("what executes in a blocked thread is guilty at once", () => {
  const [a, b] = [run(), run()];
  const verdict = judge(death({ reason: "blocked", executing: a }), [a, b]);
  assert.equal(verdict.guilty, a);
  assert.equal(b.strikes, 0);
});

test("a thread blocked by code after an await makes suspects of the runs it had started", () => {
  const [a, b, waiting] = [run(), run(), run({ started: false })];
  const verdict = judge(death({ reason: "blocked" }), [a, b, waiting]);
  assert.equal(verdict.guilty, undefined);
  assert.deepEqual([a.strikes, b.strikes, waiting.strikes], [1, 1, 0]);
});

test("a run that was not started has lost nothing", () => {
  const [started, waiting] = [run(), run({ started: false })];
  judge(death({ reason: "exit", culpritId: -1 }), [started, waiting]);
  assert.deepEqual([started.losses, waiting.losses], [1, 0]);
});

test("the only run that was started is guilty, whoever else waited", () => {
  const [alone, waiting] = [run(), run({ started: false })];
  assert.equal(judge(death(), [waiting, alone]).guilty, alone);
});

test("memory that overflows in a run's code makes it a suspect, and convicts it the second time", () => {
  const [a, b] = [run(), run()];
  const first = judge(death({ reason: "out-of-memory", executing: a }), [a, b]);
  assert.equal(first.guilty, undefined);
  assert.deepEqual([a.strikes, b.strikes], [1, 0]);
  assert.equal(judge(death({ reason: "out-of-memory", executing: b }), [a, b]).guilty, a);
});

test("a suspect that was there at a second death is guilty, newcomers are not even suspects", () => {
  const [suspect, newcomer] = [run({ strikes: 1 }), run()];
  assert.equal(judge(death(), [newcomer, suspect]).guilty, suspect);
  assert.equal(newcomer.strikes, 0);
});

test("a suspect that had not started when the thread died is not convicted by it", () => {
  const [suspect, a, b] = [run({ strikes: 1, started: false }), run(), run()];
  assert.equal(judge(death(), [suspect, a, b]).guilty, undefined);
  assert.equal(suspect.strikes, 1);
});

test("an error of code that belongs to an answered run strikes nobody", () => {
  const [a, b] = [run(), run()];
  const verdict = judge(death({ reason: "uncaught", culpritId: -1 }), [a, b]);
  assert.equal(verdict.guilty, undefined);
  assert.equal(verdict.innocent.length, 2);
  assert.deepEqual([a.strikes, b.strikes], [0, 0]);
});

test("a run that lost its thread too often is given up", () => {
  const [unlucky, culprit] = [run({ losses: LOSSES_MAX - 1 }), run()];
  const verdict = judge(death({ reason: "exit", culpritId: culprit.id }), [unlucky, culprit]);
  assert.deepEqual(verdict.givenUp, [unlucky]);
  assert.deepEqual(verdict.innocent, []);
});
