import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deque } from "./deque.ts";

test("a deque is an array with cheap ends", () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant("push" as const), count: fc.nat(2_000) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("shift" as const), count: fc.nat(2_500) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("unshift" as const), count: fc.nat(3) }) },
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
      const deque = new Deque<number>();
      const model: number[] = [];
      let next = 0;
      for (const { type, count } of operations) {
        const numbers = Array.from({ length: count }, () => next++);
        if (type === "unshift") {
          deque.unshift(numbers);
          model.unshift(...numbers);
        }
        for (const number of numbers) {
          if (type === "push") {
            deque.push(number);
            model.push(number);
          }
          if (type === "shift") assert.equal(deque.shift(), model.shift());
        }
        assert.equal(deque.length, model.length);
        assert.equal(deque.peek(), model[0]);
      }
    }),
    { seed: 3, numRuns: 60 },
  );
});
