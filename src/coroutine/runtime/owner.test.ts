import assert from "node:assert/strict";
import { test } from "node:test";
import { enqueue, Owner, waitNatively } from "./owner.ts";

const thrower = {
  $$wake(): void {
    throw new TypeError("not what it should be");
  },
};

test("a waiter that cannot be woken ends the run with its error, instead of leaving it waiting for ever", async () => {
  const owner = new Owner();
  enqueue(owner, thrower, 0, undefined);
  await assert.rejects(owner.quiet(), /not what it should be/);
  const other = new Owner();
  const quiet = other.quiet();
  waitNatively(other, Promise.resolve(1), thrower);
  await assert.rejects(Promise.all([quiet, other.quiet()]), /not what it should be/);
});

test("an owner is quiet once its jobs have run, and jobs of a dead one wake nobody", async () => {
  const owner = new Owner();
  const woken: unknown[] = [];
  const waiter = { $$wake: (_mode: number, value: unknown) => void woken.push(value) };
  enqueue(owner, waiter, 0, 1);
  waitNatively(owner, Promise.resolve(2), waiter);
  await owner.quiet();
  assert.deepEqual(woken, [1, 2]);
  enqueue(owner, waiter, 0, 3);
  owner.dead = true;
  await owner.quiet();
  assert.deepEqual(woken, [1, 2]);
});
