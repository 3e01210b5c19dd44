import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../wire/status.ts";
import type { CallResult } from "./types.ts";
import { Waiters } from "./waiters.ts";

const resultOf = (id: number): CallResult => ({
  id: String(id),
  correlationId: 0n,
  status: Status.OK,
  output: null,
  error: null,
});

test("a wait for many ends with all that is published in one turn, and leaves nothing behind", async () => {
  const waiters = new Waiters();
  const many = waiters.any([1, 2, 3, 4], undefined);
  const one = waiters.wait(2, undefined);
  assert.equal(waiters.publish(2, resultOf(2)), true);
  assert.equal(waiters.publish(4, resultOf(4)), true);
  assert.equal(waiters.publish(5, resultOf(5)), false);
  assert.deepEqual(
    (await many).map(({ id }) => id),
    ["2", "4"],
  );
  assert.equal((await one).id, "2");
  assert.equal(waiters.publish(1, resultOf(1)), false, "nobody waits any more");
});

test("who gives up is not waited for, and the others are", async () => {
  const waiters = new Waiters();
  const controller = new AbortController();
  const reason = new Error("enough");
  const gone = waiters.any([1, 2], controller.signal);
  const stays = waiters.any([2, 3], undefined);
  controller.abort(reason);
  await assert.rejects(gone, reason);
  assert.equal(waiters.publish(1, resultOf(1)), false);
  assert.equal(waiters.publish(2, resultOf(2)), true);
  assert.deepEqual(await stays, [resultOf(2)]);
});

test("closing fails every wait once", async () => {
  const waiters = new Waiters();
  const error = new Error("closing");
  const all = [waiters.any([1, 2], new AbortController().signal), waiters.wait(1, undefined)];
  waiters.rejectAll(error);
  for (const wait of all) await assert.rejects(wait, error);
  assert.equal(waiters.publish(1, resultOf(1)), false);
});
