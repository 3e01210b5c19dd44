import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { functionThatTakes, testRun } from "./run.test-support.ts";
import type { Run, SentBatch } from "./run.ts";
import { Seats } from "./seats.ts";
import { SharedState } from "./shared-state.ts";

const fn = functionThatTakes(10);
const newRun = () => testRun({ fn, costMicros: 10 });
const answerTo = (run: Run) => ({
  id: run.id,
  seat: run.seat,
  durationMicros: 0,
  computingMicros: 0,
  response: new Uint8Array(),
});

function setup(seats = 8) {
  const shared = SharedState.withSeats(seats);
  return { shared, seats: new Seats(shared) };
}

test("a run is started or taken back, never both", () => {
  const { shared, seats } = setup();
  const [started, not] = [newRun(), newRun()];
  seats.place([started, not], 5);
  assert.equal(shared.take(started.seat), true);
  const { seat } = not;
  assert.deepEqual(seats.takeBackAll(), [not]);
  assert.equal(shared.take(seat), false);
  assert.equal(seats.takeBack(started), false);
  assert.equal(seats.taken, 1);
});

test("the seat of a run taken back is not given to another before the thread has passed over it", () => {
  const { seats } = setup(1);
  const run = newRun();
  const batch = seats.place([run], 0);
  seats.takeBack(run);
  assert.equal(seats.free, 0);
  seats.workedOff(batch);
  assert.equal(seats.free, 1);
});

test("what was sent is pending until it is answered or its message worked off", () => {
  const { seats } = setup();
  const [a, b] = [newRun(), newRun()];
  const batch = seats.place([a, b], 7);
  assert.deepEqual([seats.pendingMicros, seats.waitingRuns, seats.oldestBatchMs], [20, 0, 7]);
  seats.settle(answerTo(a));
  assert.deepEqual([seats.pendingMicros, seats.waitingRuns, seats.taken], [10, 0, 1]);
  seats.workedOff(batch);
  assert.deepEqual(
    [seats.pendingMicros, seats.waitingRuns, seats.oldestBatchMs],
    [0, 1, Number.POSITIVE_INFINITY],
  );
});

test("an answer to a run that does not sit there is ignored", () => {
  const { seats } = setup();
  const run = newRun();
  seats.place([run], 0);
  assert.equal(seats.settle({ ...answerTo(run), id: run.id + 1 }), undefined);
  assert.equal(seats.settle({ ...answerTo(run), seat: 5 }), undefined);
  assert.equal(seats.taken, 1);
});

test("a dead thread gives back all its runs, and tells which it had started", () => {
  const { shared, seats } = setup();
  const [a, b] = [newRun(), newRun()];
  seats.place([a, b], 0);
  shared.take(a.seat);
  assert.deepEqual(new Set(seats.clear()), new Set([a, b]));
  assert.deepEqual([a.started, b.started], [true, false]);
  assert.deepEqual([seats.taken, seats.pendingMicros, seats.waitingRuns], [0, 0, 0]);
});

test("whatever happens in whatever order, each run has a seat of its own and none is lost", () => {
  const step = fc.record({
    what: fc.constantFrom("place", "start", "answer", "takeBack", "workOff" as const),
    which: fc.nat(30),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { shared, seats } = setup(6);
      const placed = new Set<Run>();
      const started = new Set<Run>();
      const batches: SentBatch[] = [];
      const pick = <T>(set: Iterable<T>, which: number): T | undefined => [...set][which % 7];
      for (const { what, which } of steps) {
        if (what === "place" && seats.free > 0) {
          const runs = Array.from({ length: 1 + (which % seats.free) }, newRun);
          batches.push(seats.place(runs, which));
          for (const run of runs) placed.add(run);
        }
        const run = pick(placed, which);
        if (run !== undefined && what === "start" && shared.take(run.seat)) started.add(run);
        if (run !== undefined && what === "answer" && started.has(run)) {
          assert.equal(seats.settle(answerTo(run)), run);
          placed.delete(run);
        }
        if (run !== undefined && what === "takeBack" && seats.takeBack(run)) {
          assert.ok(!started.has(run));
          placed.delete(run);
        }
        // A message is worked off when each of its runs was started or passed over.
        const batch = batches[0];
        const isDone = batch?.runs.every((one) => started.has(one) || !placed.has(one));
        if (what === "workOff" && batch !== undefined && isDone) {
          seats.workedOff(batch);
          batches.shift();
        }
        const taken = [...placed].map((one) => one.seat);
        assert.equal(new Set(taken).size, placed.size);
        assert.equal(seats.taken, placed.size);
        assert.ok(seats.free >= 0 && seats.free + seats.taken <= 6);
        for (const one of placed) assert.equal(seats.at(one.seat), one);
      }
      assert.deepEqual(new Set(seats.clear()), placed);
      for (const one of placed) assert.equal(one.started, started.has(one));
    }),
    { seed: 5, numRuns: 300 },
  );
});
