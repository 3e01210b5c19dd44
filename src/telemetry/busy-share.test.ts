import assert from "node:assert/strict";
import { test } from "node:test";
import { BusyShare } from "./busy-share.ts";

const thread = (id: number, activeMs: number, idleMs: number) => ({ id, eventLoop: { activeMs, idleMs } });

test("the share counts from the reading before, for each thread by itself", () => {
  const busy = new BusyShare();
  assert.deepEqual(busy.read([thread(1, 100, 900), thread(2, 0, 0)]), [0, 0]);
  assert.deepEqual(busy.read([thread(1, 150, 950), thread(2, 100, 0)]), [0.5, 1]);
});

test("a thread that came, went or did not turn has no share beyond the bounds", () => {
  const busy = new BusyShare();
  busy.read([thread(1, 10, 10)]);
  assert.deepEqual(busy.read([thread(2, 5, 5), thread(1, 10, 10)]), [0, 0]);
  assert.deepEqual(busy.read([thread(2, 4, 20)]), [0]);
});
