import assert from "node:assert/strict";
import { test } from "node:test";
import { ReplayCache } from "./index.ts";

test("an id is remembered for at least a window and forgotten after two", () => {
  const cache = new ReplayCache({ windowMs: 100 });
  assert.equal(cache.seenBefore("a", 0), false);
  assert.equal(cache.seenBefore("b", 99), false);
  for (const nowMs of [99, 100, 198]) assert.equal(cache.seenBefore("b", nowMs), true, `at ${nowMs}`);
  assert.equal(cache.seenBefore("b", 400), false);
});

test("ids of a window long past do not linger when nothing comes for a while", () => {
  const cache = new ReplayCache({ windowMs: 100 });
  cache.seenBefore("a", 0);
  assert.equal(cache.seenBefore("b", 1_000), false);
  assert.equal(cache.size, 1);
});

test("the number of ids is bounded, and the oldest are forgotten first", () => {
  const cache = new ReplayCache({ windowMs: 1_000, entriesMax: 100 });
  for (let id = 0; id < 1_000; id++) {
    assert.equal(cache.seenBefore(String(id), 0), false);
    assert.ok(cache.size <= 100);
  }
  assert.equal(cache.seenBefore("999", 0), true);
  assert.equal(cache.seenBefore("0", 0), false);
});
