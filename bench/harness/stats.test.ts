import assert from "node:assert/strict";
import { test } from "node:test";
import { latencyOf, quantileOfSorted, spreadOf } from "./stats.ts";

test("the median of an even number of repeats lies between the middle two", () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4, relative: 0.6 });
});

test("a single repeat has no spread", () => {
  assert.equal(spreadOf([7]).relative, 0);
});

test("summarising nothing is refused", () => {
  assert.throws(() => spreadOf([]), RangeError);
});

test("quantiles interpolate between neighbours and keep to the ends", () => {
  assert.equal(quantileOfSorted([0, 10], 0.25), 2.5);
  assert.equal(quantileOfSorted([0, 10], 1), 10);
});

test("latencies are sorted before their percentiles are read", () => {
  assert.equal(latencyOf(Float64Array.from([9, 1, 5])).p50, 5);
});
