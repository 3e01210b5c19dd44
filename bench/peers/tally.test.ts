import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTally, Tally } from "./tally.ts";

const expected = { name: "trivial", runs: 2, sum: 30 };

function ran(...values: number[]) {
  const tally = new Tally();
  tally.run("trivial", 1);
  const before = tally.answer();
  for (const value of values) assert.equal(tally.run("trivial", value), value);
  return checkTally(before, tally.answer(), expected);
}

test("each value run once is right", () => {
  assert.deepEqual(ran(10, 20), { runs: 2, errors: 0 });
});

test("runs too few, too many, or of another value are errors", () => {
  assert.deepEqual(ran(10), { runs: 1, errors: 1 });
  assert.deepEqual(ran(10, 20, 20), { runs: 3, errors: 1 });
  assert.deepEqual(ran(10, 10), { runs: 2, errors: 1 });
  assert.deepEqual(checkTally({}, {}, expected), { runs: 0, errors: 2 });
});

test("where arguments are not counted, the runs are", () => {
  const before = { trivial: { runs: 5 } };
  assert.deepEqual(checkTally(before, { trivial: { runs: 7 } }, expected), { runs: 2, errors: 0 });
  assert.deepEqual(checkTally(before, { trivial: { runs: 8 } }, expected), { runs: 3, errors: 1 });
});
