import assert from "node:assert/strict";
import { test } from "node:test";
import { IdNames, IdSource } from "./ids.ts";

/** Blocks of ten, or as many as asked for; each ready when it is let through. */
function setup() {
  let next = 1;
  const waiting: (() => void)[] = [];
  const source = new IdSource({
    reserveIds: (atLeast) =>
      new Promise((resolve) => {
        waiting.push(() => {
          const count = Math.max(10, atLeast);
          resolve({ first: next, count });
          next += count;
        });
      }),
  });
  return { source, letThrough: () => waiting.shift()?.(), waiting };
}

test("ids come in a row, and the next block is asked for before it is needed", async () => {
  const { source, letThrough, waiting } = setup();
  assert.equal(source.take(1), undefined);
  const refilled = source.refill(1);
  letThrough();
  await refilled;
  assert.equal(source.take(4), 1);
  assert.equal(waiting.length, 0);
  assert.equal(source.take(3), 5);
  assert.equal(waiting.length, 1, "less than half is left");
  assert.equal(source.take(4), undefined, "three are left, and the next block is on its way");
  letThrough();
  await new Promise(setImmediate);
  assert.equal(source.take(4), 11);
});

test("more ids in a row than a block has are reserved at once", async () => {
  const { source, letThrough } = setup();
  const refilled = source.refill(25);
  letThrough();
  await refilled;
  assert.equal(source.take(25), 1);
});

test("a store that cannot reserve ids fails who waits for them, and is asked again", async () => {
  let fail = true;
  const source = new IdSource({
    reserveIds: async () => {
      if (fail) throw new Error("no ids");
      return { first: 1, count: 10 };
    },
  });
  await assert.rejects(source.refill(1), /no ids/);
  fail = false;
  await source.refill(1);
  assert.equal(source.take(1), 1);
});

test("an id has one name, and only that", () => {
  const names = new IdNames("store1");
  for (const id of [1, 35, 36, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    assert.equal(names.numberOf(names.nameOf(id)), id);
  }
  for (const name of [
    "",
    "store1",
    "store1-",
    "store1-0",
    "store1-01",
    "store2-1",
    "store1-A",
    "store1-1 ",
  ]) {
    assert.equal(names.numberOf(name), undefined, name);
  }
});
