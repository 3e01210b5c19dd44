import assert from "node:assert/strict";
import { test } from "node:test";
import { Oldest } from "./oldest.ts";

test("entries come from the oldest on, also those that were deleted and added again, and after there were none", () => {
  const set = new Set(["a", "b", "c"]);
  const oldest = new Oldest(set);
  const take = () => {
    const value = oldest.next();
    if (value !== undefined) set.delete(value);
    return value;
  };
  assert.equal(take(), "a");
  set.delete("b");
  set.add("b");
  set.add("a");
  assert.deepEqual([take(), take(), take(), take(), take()], ["c", "b", "a", undefined, undefined]);
  set.add("d");
  assert.equal(take(), "d");
});

test("growing and shrinking in between loses nothing", () => {
  const set = new Set<number>();
  const oldest = new Oldest(set);
  let added = 0;
  let taken = 0;
  for (const size of [10, 5_000, 3, 20_000, 0]) {
    while (set.size < size) set.add(added++);
    while (set.size > size) {
      const value = oldest.next()!;
      assert.equal(value, taken++);
      set.delete(value);
    }
  }
  assert.equal(oldest.next(), undefined);
});
