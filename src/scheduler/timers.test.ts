import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SlotTimers } from "./sleep/slot-timers.ts";
import { type Timed, Timers } from "./timers.ts";

type Operation = { readonly item: number; readonly atMs: number } | { readonly takeUntilMs: number };
const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    fc.record({
      item: fc.integer({ min: 0, max: 40 }),
      atMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    }),
    fc.record({ takeUntilMs: fc.integer({ min: 0, max: 100 }) }),
  ),
  { maxLength: 200 },
);

/** What any set of timers does: the simplest one that is right. */
class Model {
  readonly times = new Map<number, number>();

  set(item: number, atMs: number): void {
    if (atMs === Number.MAX_SAFE_INTEGER) this.times.delete(item);
    else this.times.set(item, atMs);
  }

  get nextAtMs(): number | undefined {
    return this.times.size === 0 ? undefined : Math.min(...this.times.values());
  }
}

test("timers of calls fire in order, each once, wherever they were moved", () => {
  fc.assert(
    fc.property(operations, (script) => {
      const items = Array.from({ length: 41 }, (): Timed => ({ timerSlot: -1, timerAtMs: 0 }));
      const timers = new Timers<Timed>();
      const model = new Model();
      for (const operation of script) {
        if ("item" in operation) {
          timers.set(items[operation.item]!, operation.atMs);
          model.set(operation.item, operation.atMs);
        } else {
          const taken = timers.takeDue(operation.takeUntilMs);
          const nextAtMs = model.nextAtMs;
          if (nextAtMs === undefined || nextAtMs > operation.takeUntilMs) assert.equal(taken, undefined);
          else {
            assert.equal(taken?.timerAtMs, nextAtMs);
            assert.ok(model.times.delete(items.indexOf(taken!)));
          }
        }
        assert.equal(timers.nextAtMs(), model.nextAtMs);
        assert.equal(timers.size, model.times.size);
      }
    }),
    { seed: 4, numRuns: 500 },
  );
});

test("timers of sleepers fire in order, each once, wherever they were moved", () => {
  fc.assert(
    fc.property(operations, (script) => {
      const timers = new SlotTimers();
      const model = new Model();
      for (const operation of script) {
        if ("item" in operation) {
          const slot = operation.item * 100;
          timers.remove(slot);
          timers.add(slot, operation.atMs);
          model.set(slot, operation.atMs);
        } else {
          const taken = timers.takeDue(operation.takeUntilMs);
          const nextAtMs = model.nextAtMs;
          if (nextAtMs === undefined || nextAtMs > operation.takeUntilMs) assert.equal(taken, -1);
          else {
            assert.equal(model.times.get(taken), nextAtMs);
            model.times.delete(taken);
          }
        }
        assert.equal(timers.nextAtMs(), model.nextAtMs);
        assert.equal(timers.size, model.times.size);
      }
    }),
    { seed: 4, numRuns: 500 },
  );
});
