import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../store/index.ts";
import { resolveOptions, type SchedulerOptions } from "./options.ts";

const required = { store: new MemoryStore(), delivery: { deliver: () => new Promise<never>(() => {}) } };

test("the defaults are these", () => {
  const {
    store: _,
    delivery: __,
    telemetry: ___,
    random: ____,
    retryOf: _____,
    onLost: ______,
    concurrencyMaxOf: _______,
    expirationMsOf: ________,
    priorityOf: _________,
    isOwn,
    journal,
    ...defaults
  } = resolveOptions(required);
  assert.equal(isOwn("http://localhost"), false);
  assert.deepEqual(journal.read(""), { suspects: [], runs: [] });
  assert.deepEqual(defaults, {
    tracing: undefined,
    checkIntervalMs: 5_000,
    processDeathsMax: 3,
    clock: undefined,
    retry: { attemptsMax: 100, firstDelayMs: 200, factor: 2, delayMsMax: 300_000, restartsMax: 3 },
    restartsMax: 3,
    runTimeoutMs: 600_000,
    graceMs: 5_000,
    concurrency: { floor: 1, ceiling: 1024, start: 32, decrease: 0.7, latencyFactor: 3 },
    runsMax: 4096,
    liveCallsMax: 2_000_000,
    awakeCallsMax: 20_000,
    pendingChangesMax: 100_000,
    payloadBytesMax: 134_217_728,
    recentBytesMax: 16_777_216,
    retentionMs: 86_400_000,
    retentionIntervalMs: 10_000,
    keyRetentionMs: 86_400_000,
  });
});

test("a refusal names the option, its value and its bound", () => {
  const faults: [Partial<SchedulerOptions>, RegExp][] = [
    [{ runTimeoutMs: 0 }, /^runTimeoutMs must be at least 1, is 0$/],
    [{ retry: { attemptsMax: 0 } }, /^retry\.attemptsMax must be at least 1, is 0$/],
    [{ retry: { firstDelayMs: 10, delayMsMax: 5 } }, /^retry\.delayMsMax must be at least 10, is 5$/],
    [{ concurrency: { floor: 9, ceiling: 3 } }, /^concurrency\.ceiling must be at least 9, is 3$/],
    [{ concurrency: { decrease: 1 } }, /^concurrency\.decrease must be between 0 and 1, is 1$/],
    [{ retentionMs: 5, keyRetentionMs: 6 }, /^keyRetentionMs must not exceed retentionMs, 6 > 5$/],
    [{ liveCallsMax: Number.NaN }, /^liveCallsMax must be at least 1, is NaN$/],
  ];
  for (const [options, message] of faults) {
    assert.throws(() => resolveOptions({ ...required, ...options }), { name: "RangeError", message });
  }
});
