import assert from "node:assert/strict";
import { test } from "node:test";
import { functionThatTakes, testRun } from "./run.test-support.ts";
import type { Run } from "./run.ts";
import { type Room, RunQueue } from "./run-queue.ts";

const room = (changes: Partial<Room> = {}): Room => ({
  nowMs: 0,
  micros: 2_000,
  bytes: 1_000_000,
  isIdle: true,
  mayTakeIsolated: true,
  ...changes,
});

function setup(...runs: Run[]) {
  const queue = new RunQueue();
  for (const run of runs) queue.push(run);
  return queue;
}
const light = (changes: Partial<Run> = {}) => testRun({ fn: functionThatTakes(5), ...changes });
const heavy = (changes: Partial<Run> = {}) => testRun({ fn: functionThatTakes(5_000), ...changes });

test("runs of a kind keep their order", () => {
  const runs = [light(), light(), light()];
  const queue = setup(...runs);
  assert.deepEqual(
    runs.map(() => queue.take(room())),
    runs,
  );
  assert.equal(queue.take(room()), undefined);
  assert.equal(queue.length, 0);
});

test("short runs overtake long ones", () => {
  const [long, short] = [heavy(), light()];
  const queue = setup(long, short);
  assert.equal(queue.take(room()), short);
  assert.equal(queue.take(room()), long);
});

test("a long run waits while a thread has something to compute, but not for ever", () => {
  const [long, short] = [heavy({ queuedAtMs: 100 }), light({ queuedAtMs: 140 })];
  const queue = setup(long, short);
  assert.equal(queue.take(room({ isIdle: false })), short);
  assert.equal(queue.take(room({ isIdle: false })), undefined);
  assert.equal(queue.takeOvertaken(150), undefined);
  assert.equal(queue.takeOvertaken(151), long);
  assert.equal(queue.length, 0);
});

test("an idle thread takes a run however long it is", () => {
  const long = heavy();
  assert.equal(setup(long).take(room({ micros: 1 })), long);
});

test("a run that does not fit into the message stays", () => {
  const queue = setup(light({ request: new Uint8Array(100) }));
  assert.equal(queue.take(room({ bytes: 99 })), undefined);
  assert.equal(queue.length, 1);
});

test("a suspect goes first, where there is no other, and is overtaken where there is", () => {
  const [suspect, innocent] = [light({ strikes: 1 }), light()];
  const queue = setup(innocent, suspect);
  assert.equal(queue.take(room({ mayTakeIsolated: false })), innocent);
  assert.equal(queue.take(room({ mayTakeIsolated: false })), undefined);
  assert.equal(queue.take(room()), suspect);
});

test("a function that ended threads while its runs waited has them isolated", () => {
  const fn = functionThatTakes(5);
  const queue = setup(light({ fn }), light({ fn }));
  for (let i = 0; i < 3; i++) fn.quarantine.threadDied(0);
  assert.equal(queue.take(room({ mayTakeIsolated: false })), undefined);
  assert.notEqual(queue.take(room()), undefined);
});

test("what comes back from a thread goes before all others", () => {
  const [a, b, c] = [light(), light(), light()];
  const queue = setup(a, b, c);
  assert.deepEqual([queue.take(room()), queue.take(room())], [a, b]);
  queue.putBack([a, b]);
  assert.deepEqual([queue.take(room()), queue.take(room()), queue.take(room())], [a, b, c]);
});

test("a run answered while it waited is passed over", () => {
  const [a, b] = [light(), light()];
  const queue = setup(a, b);
  queue.forget(a);
  a.answered = true;
  assert.equal(queue.length, 1);
  assert.equal(queue.take(room()), b);
});

test("the queue knows how much computing waits in it", () => {
  const queue = setup(light(), heavy());
  assert.ok(Math.abs(queue.micros - 5_009) < 5, String(queue.micros));
  queue.take(room());
  queue.take(room());
  assert.equal(queue.micros, 0);
});

test("all are taken at once, but for the answered", () => {
  const runs = [light(), heavy(), light({ strikes: 1 }), light()];
  const queue = setup(...runs);
  queue.forget(runs[3]!);
  runs[3]!.answered = true;
  assert.deepEqual(new Set(queue.takeAll()), new Set(runs.slice(0, 3)));
  assert.equal(queue.length, 0);
  assert.equal(queue.take(room()), undefined);
});
