import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AHEAD_MICROS, nextChunk, type Route, SILENT_MS } from "./routing.ts";
import { functionThatTakes, testRoute, testRun } from "./run.test-support.ts";
import type { Run } from "./run.ts";
import { RunQueue } from "./run-queue.ts";

const LIMITS = { batchRunsMax: 64, batchBytesMax: 1_000 };

function queueOf(runs: readonly Run[]) {
  const queue = new RunQueue();
  for (const run of runs) queue.push(run);
  return queue;
}
const runs = (count: number, micros: number, changes: Partial<Run> = {}) => {
  const fn = functionThatTakes(micros);
  return Array.from({ length: count }, () => testRun({ fn, ...changes }));
};

test("short runs of one turn travel in one message, to the first of idle threads", () => {
  const threads = [testRoute(), testRoute()];
  const chunk = nextChunk(queueOf(runs(40, 1)), threads, LIMITS, 0);
  assert.equal(chunk?.runs.length, 40);
  assert.equal(chunk?.thread, threads[0]);
});

test("work worth sharing is shared: no thread gets much more than the next", () => {
  const queue = queueOf(runs(40, 48));
  const chunk = nextChunk(queue, [testRoute(), testRoute()], LIMITS, 0);
  assert.ok(chunk!.runs.length > 1 && chunk!.runs.length < 10, String(chunk!.runs.length));
});

test("a single thread gets it all, up to the bounds of a message", () => {
  assert.equal(nextChunk(queueOf(runs(100, 1)), [testRoute()], LIMITS, 0)?.runs.length, 64);
  const large = runs(10, 1, { request: new Uint8Array(300) });
  assert.equal(nextChunk(queueOf(large), [testRoute()], LIMITS, 0)?.runs.length, 3);
  const huge = runs(2, 1, { request: new Uint8Array(5_000) });
  assert.equal(nextChunk(queueOf(huge), [testRoute()], LIMITS, 0)?.runs.length, 1);
});

test("a thread is not sent much more than it can compute in a moment", () => {
  const queue = queueOf(runs(10, 900));
  const chunk = nextChunk(queue, [testRoute()], LIMITS, 0);
  assert.equal(chunk?.runs.length, 2);
  const busy = testRoute({ pendingMicros: chunk!.runs.length * 902 });
  assert.equal(nextChunk(queue, [busy], LIMITS, 0), undefined);
});

test("a computing thread is passed by", () => {
  const [busy, idle] = [testRoute({ pendingMicros: 1_000 }), testRoute()];
  assert.equal(nextChunk(queueOf(runs(1, 1)), [busy, idle], LIMITS, 0)?.thread, idle);
});

test("a silent thread gets nothing, even when there is no other", () => {
  const silent = testRoute({ pendingMicros: 1, silentSinceMs: 100 });
  assert.equal(nextChunk(queueOf(runs(1, 1)), [silent], LIMITS, 100 + SILENT_MS), undefined);
  assert.equal(nextChunk(queueOf(runs(1, 1)), [silent], LIMITS, 101)?.thread, silent);
});

test("runs that wait in a thread count, so that they spread", () => {
  const [many, few] = [testRoute({ waitingRuns: 100 }), testRoute({ waitingRuns: 3 })];
  assert.equal(nextChunk(queueOf(runs(1, 1)), [many, few], LIMITS, 0)?.thread, few);
});

test("a thread without a free seat gets nothing", () => {
  const full = testRoute({ capacity: 0 });
  assert.equal(nextChunk(queueOf(runs(1, 1)), [full], LIMITS, 0), undefined);
  assert.equal(nextChunk(queueOf(runs(9, 1)), [testRoute({ capacity: 4 })], LIMITS, 0)?.runs.length, 4);
});

test("a long run that was overtaken for too long goes after the short ones of the next message", () => {
  const [long] = runs(1, 50_000);
  const queue = queueOf([long!, ...runs(100, 1)]);
  const busy = testRoute({ pendingMicros: 500 });
  assert.equal(nextChunk(queue, [busy], LIMITS, 40)?.runs.length, 64);
  assert.equal(nextChunk(queue, [busy], LIMITS, 60)?.runs.at(-1), long);
});

test("suspects are sent one a thread", () => {
  const queue = queueOf(runs(3, 1, { strikes: 1 }));
  assert.equal(nextChunk(queue, [testRoute()], LIMITS, 0)?.runs.length, 1);
  assert.equal(nextChunk(queue, [testRoute({ isolatedRuns: 1 })], LIMITS, 0), undefined);
});

test("whatever waits, chunks keep to the bounds, and nothing is lost or sent twice", () => {
  const anyRun = fc.record({
    micros: fc.constantFrom(1, 20, 300, 5_000),
    strikes: fc.constantFrom(0, 0, 0, 1),
    size: fc.nat(400),
  });
  const anyRoute = fc.record({
    capacity: fc.nat(20),
    pendingMicros: fc.constantFrom(0, 10, 1_900, 4_000),
    waitingRuns: fc.nat(50),
    isolatedRuns: fc.nat(1),
    silentSinceMs: fc.constantFrom(Number.POSITIVE_INFINITY, 0, 99),
  });
  fc.assert(
    fc.property(
      fc.array(anyRun, { maxLength: 60 }),
      fc.array(anyRoute, { minLength: 1, maxLength: 4 }),
      (wanted, routes) => {
        const all = wanted.map(({ micros, strikes, size }) =>
          testRun({ fn: functionThatTakes(micros), strikes, request: new Uint8Array(size) }),
        );
        const queue = queueOf(all);
        const sent: Run[] = [];
        const threads: { -readonly [K in keyof Route]: Route[K] }[] = routes;
        for (;;) {
          const chunk = nextChunk(queue, threads, LIMITS, 100);
          if (chunk === undefined) break;
          const { thread } = chunk;
          assert.ok(chunk.runs.length <= Math.min(LIMITS.batchRunsMax + 1, thread.capacity));
          const inBounds = chunk.runs.slice(0, -1).reduce((sum, run) => sum + run.request.length, 0);
          assert.ok(inBounds <= LIMITS.batchBytesMax);
          assert.ok(thread.pendingMicros < AHEAD_MICROS);
          assert.notEqual(thread.silentSinceMs, 0);
          const suspects = chunk.runs.filter((run) => run.strikes > 0).length;
          assert.ok(thread.isolatedRuns + suspects <= 1);
          thread.capacity -= chunk.runs.length;
          thread.isolatedRuns += suspects;
          for (const run of chunk.runs) thread.pendingMicros += run.costMicros;
          sent.push(...chunk.runs);
        }
        assert.equal(new Set(sent).size, sent.length);
        assert.equal(sent.length + queue.length, all.length);
        assert.equal(new Set([...sent, ...queue.takeAll()]).size, all.length);
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});
