import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { durationOf, millisecondsOf, timestampOf } from "./time.ts";

const milliseconds = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });

test("milliseconds survive the way through a timestamp and a duration", () => {
  fc.assert(
    fc.property(milliseconds, (ms) => {
      assert.equal(millisecondsOf(timestampOf(ms)), ms);
      assert.equal(millisecondsOf(durationOf(ms)), ms);
    }),
    { seed: 1 },
  );
});

test("nanos of a timestamp are never negative, those of a duration have the sign of its seconds", () => {
  assert.deepEqual(timestampOf(-1), { seconds: -1, nanos: 999_000_000 });
  assert.deepEqual(durationOf(-1_001), { seconds: -1, nanos: -1_000_000 });
  assert.deepEqual(durationOf(1_001), { seconds: 1, nanos: 1_000_000 });
});

test("fractions of a millisecond are dropped", () => {
  assert.deepEqual(timestampOf(1.9), { seconds: 0, nanos: 1_000_000 });
  assert.equal(millisecondsOf({ seconds: 1, nanos: 1_999_999 }), 1_001);
});
