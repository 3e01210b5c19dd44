import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { durationOf, isTimestamp, millisecondsOf, timestampOf } from "./time.ts";

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

test("timestamps are within the years 1 to 9999", () => {
  for (const ms of [0, -1, Date.UTC(2026, 0, 1), Date.parse("9999-12-31T23:59:59.999Z")]) {
    assert.ok(isTimestamp(timestampOf(ms)), String(ms));
  }
  assert.equal(isTimestamp({ seconds: 253_402_300_800, nanos: 0 }), false);
  assert.equal(isTimestamp({ seconds: 0, nanos: -1 }), false);
});
