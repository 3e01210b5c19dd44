import assert from "node:assert/strict";
import { test } from "node:test";
import { compareResults } from "./compare.ts";
import { type BenchResult, type Measurement, RESULT_FORMAT } from "./result.ts";
import { spreadOf } from "./stats.ts";

const measurement = (rates: number[], errors = 0): Measurement => ({
  scenario: "trivial",
  mode: "pool",
  unit: "calls/s",
  rate: spreadOf(rates),
  rates,
  errors,
  checksum: "ok",
});
const result = (...measurements: Measurement[]): BenchResult => ({
  format: RESULT_FORMAT,
  startedAt: "2026-01-01T00:00:00Z",
  commit: "abc",
  size: "smoke",
  seed: 1,
  durationSeconds: 1,
  machine: { cpu: "x", cores: 2, memoryMiB: 1, os: "x", node: "v24", pinned: true },
  measurements,
});
const verdict = (before: Measurement, after: Measurement) =>
  compareResults(result(before), result(after)).map((row) => row.verdict);

test("a difference within the spread of the repeats is no difference", () => {
  assert.deepEqual(verdict(measurement([80, 100, 120]), measurement([100, 115, 130])), ["same"]);
});

test("a difference beyond both spreads is a verdict", () => {
  assert.deepEqual(verdict(measurement([99, 100, 101]), measurement([119, 120, 121])), ["faster"]);
  assert.deepEqual(verdict(measurement([119, 120, 121]), measurement([99, 100, 101])), ["slower"]);
});

test("steady repeats still allow for drift between two runs", () => {
  assert.deepEqual(verdict(measurement([100, 100, 100]), measurement([104, 104, 104])), ["same"]);
});

test("a figure with errors is void, however fast", () => {
  assert.deepEqual(verdict(measurement([100]), measurement([500], 3)), ["failed"]);
});

test("scenarios that only one result has are left out", () => {
  const other = { ...measurement([1]), scenario: "other" };
  assert.deepEqual(compareResults(result(other), result(measurement([1]))), []);
});
