import assert from "node:assert/strict";
import { test } from "node:test";
import { Quarantine } from "./quarantine.ts";

function after(...deathsAtMs: number[]) {
  const quarantine = new Quarantine();
  for (const at of deathsAtMs) quarantine.threadDied(at);
  return quarantine;
}

test("a function that ends a thread now and then is as free as any", () => {
  const quarantine = after(0, 1);
  assert.equal(quarantine.isOnProbation, false);
  assert.equal(quarantine.closedForMs(2), 0);
});

test("three deaths within ten seconds put it on probation, five close it off for a second", () => {
  assert.equal(after(0, 1, 2).isOnProbation, true);
  assert.equal(after(0, 1, 2).closedForMs(3), 0);
  const closed = after(0, 1, 2, 3, 4);
  assert.equal(closed.closedForMs(4), 1_000);
  assert.equal(closed.closedForMs(1_003), 1);
  assert.equal(closed.closedForMs(1_004), 0);
  assert.equal(closed.isOnProbation, true);
});

test("deaths that lie further apart do not add up", () => {
  const quarantine = after(0, 6_000, 12_000, 18_000, 24_000, 30_000);
  assert.equal(quarantine.closedForMs(30_000), 0);
  assert.equal(quarantine.isOnProbation, false);
});

test("a death after it was let in again closes it off for twice as long, up to a minute", () => {
  const quarantine = after(0, 0, 0, 0, 0);
  let nowMs = 0;
  for (const closedMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    assert.equal(quarantine.closedForMs(nowMs), closedMs);
    nowMs += closedMs;
    assert.equal(quarantine.closedForMs(nowMs), 0);
    quarantine.threadDied(nowMs);
  }
});

test("ten seconds without a death, after it was let in again, set it free", () => {
  const quarantine = after(0, 0, 0, 0, 0);
  quarantine.closedForMs(10_999);
  assert.equal(quarantine.isOnProbation, true);
  quarantine.closedForMs(11_000);
  assert.equal(quarantine.isOnProbation, false);
  for (let i = 0; i < 4; i++) quarantine.threadDied(11_000);
  assert.equal(quarantine.closedForMs(11_000), 0);
});
