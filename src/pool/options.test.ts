import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { type PoolOptions, resolvePoolOptions } from "./options.ts";

test("the defaults", () => {
  assert.deepEqual(resolvePoolOptions(), {
    modules: [],
    threadsMin: availableParallelism(),
    threadsMax: availableParallelism(),
    concurrency: 1_024,
    queueMax: 16_384,
    runTimeoutMs: 60_000,
    cancelGraceMs: 1_000,
    threadMemoryMiB: 512,
    idleTimeoutMs: 10_000,
    batchRunsMax: 64,
    batchBytesMax: 1_048_576,
    responseBytesMax: 16_000_000,
    heartbeatMs: 100,
    startTimeoutMs: 60_000,
    env: {},
  });
});

test("the minimum follows the maximum, and a larger minimum raises it", () => {
  assert.equal(resolvePoolOptions({ threadsMax: 3 }).threadsMin, 3);
  const threadsMin = availableParallelism() + 2;
  assert.equal(resolvePoolOptions({ threadsMin }).threadsMax, threadsMin);
});

test("resolved options are a frozen copy", () => {
  const modules = ["a.ts"];
  const resolved = resolvePoolOptions({ modules });
  modules.push("b.ts");
  assert.deepEqual(resolved.modules, ["a.ts"]);
  assert.ok(Object.isFrozen(resolved) && Object.isFrozen(resolved.modules));
});

test("what is out of its bounds, or no whole number, is refused with value and bounds", () => {
  const wrong: [PoolOptions, RegExp][] = [
    [{ threadsMax: 0 }, /threadsMax must be a whole number from 1 to 1024, got 0/],
    [{ threadsMin: 3, threadsMax: 2 }, /threadsMin must be a whole number from 1 to 2, got 3/],
    [{ threadsMin: 0 }, /threadsMin .* got 0/],
    [{ concurrency: 1.5 }, /concurrency .* got 1\.5/],
    [{ queueMax: -1 }, /queueMax .* got -1/],
    [{ runTimeoutMs: 100, heartbeatMs: 100 }, /runTimeoutMs must be a whole number from 101 .* got 100/],
    [{ threadMemoryMiB: Number.NaN }, /threadMemoryMiB .* got NaN/],
    [{ batchRunsMax: Number.POSITIVE_INFINITY }, /batchRunsMax .* got Infinity/],
    [{ responseBytesMax: 1 }, /responseBytesMax .* got 1/],
    [{ cancelGraceMs: "5" as unknown as number }, /cancelGraceMs .* got 5/],
  ];
  for (const [options, message] of wrong)
    assert.throws(() => resolvePoolOptions(options), { name: "RangeError", message });
});
