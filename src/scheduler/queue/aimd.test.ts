import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Status } from "../../wire/status.ts";
import { type AimdState, aimd, aimdStart, DEFAULT_AIMD } from "./aimd.ts";

const options = { ...DEFAULT_AIMD, floor: 2, ceiling: 100, start: 10 };

function told(state: AimdState, status: Status, count: number, ms = 10, from = 0): AimdState {
  let next = state;
  for (let i = 0; i < count; i++) {
    next = aimd(next, { status, startedMs: from + i, endedMs: from + i + ms, atLimit: true }, options);
  }
  return next;
}

test("doubles in a round until the first sign of overload, then grows by one in a round", () => {
  const probing = told(aimdStart(options), Status.OK, 10);
  assert.equal(probing.limit, 20);
  const steady = told({ ...probing, probing: false }, Status.OK, 20);
  assert.ok(steady.limit > 20.9 && steady.limit < 21.1);
});

test("overload lowers the limit once for all runs that were under way", () => {
  const state = aimdStart(options);
  const at = (startedMs: number, endedMs: number) =>
    ({ status: Status.THROTTLED, startedMs, endedMs, atLimit: true }) as const;
  const once = aimd(state, at(100, 150), options);
  assert.equal(once.limit, 7);
  assert.equal(aimd(once, at(120, 160), options).limit, 7);
  assert.ok(aimd(once, at(151, 170), options).limit < 5);
});

test("every status moves the limit as the protocol says", () => {
  const start = aimdStart(options);
  for (const status of [Status.TEMPORARY_ERROR, Status.TIMEOUT, Status.THROTTLED]) {
    assert.ok(told(start, status, 1).limit < start.limit);
  }
  for (const status of [
    Status.OK,
    Status.PERMANENT_ERROR,
    Status.UNAUTHENTICATED,
    Status.PERMISSION_DENIED,
  ]) {
    assert.ok(told(start, status, 1).limit > start.limit);
  }
  for (const status of [Status.DNS_ERROR, Status.TCP_ERROR, Status.TLS_ERROR]) {
    assert.equal(told(start, status, 1).limit, start.limit);
  }
});

test("an idle destination's limit says nothing and stays", () => {
  const sample = { status: Status.OK, startedMs: 0, endedMs: 10, atLimit: false };
  assert.equal(aimd(aimdStart(options), sample, options).limit, 10);
});

test("no growth while runs take much longer than usual", () => {
  const usual = told(aimdStart({ ...options, start: 50 }), Status.OK, 40, 10);
  const slow = told(usual, Status.OK, 40, 100, 1000);
  const held = told(slow, Status.OK, 40, 100, 2000);
  assert.equal(held.limit, slow.limit);
});

test("whatever happens, the limit stays between floor and ceiling", () => {
  const statuses = fc.constantFrom(Status.OK, Status.THROTTLED, Status.TIMEOUT, Status.TCP_ERROR);
  fc.assert(
    fc.property(fc.array(fc.tuple(statuses, fc.nat(1000)), { maxLength: 300 }), (samples) => {
      let state = aimdStart(options);
      let nowMs = 0;
      for (const [status, ms] of samples) {
        state = aimd(state, { status, startedMs: nowMs, endedMs: nowMs + ms, atLimit: true }, options);
        nowMs += ms + 1;
        assert.ok(state.limit >= 2 && state.limit <= 100);
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});
