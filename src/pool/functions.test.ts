import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionTable, PoolFunction } from "./functions.ts";

test("a slow first run, while code is compiled, makes no function heavy", () => {
  const fn = new PoolFunction("f");
  fn.learn(2_000);
  assert.equal(fn.isHeavy, false);
  for (let i = 0; i < 10; i++) fn.learn(4);
  assert.ok(fn.costMicros < 10);
});

test("a function that computes is known as heavy after some runs, and by one that took very long", () => {
  const fn = new PoolFunction("f");
  for (let i = 0; i < 10; i++) fn.learn(1_000);
  assert.equal(fn.isHeavy, true);
  const slow = new PoolFunction("g");
  slow.learn(100_000);
  assert.equal(slow.isHeavy, true);
});

test("names that nobody registered share one entry", () => {
  const table = new FunctionTable();
  table.register([{ name: "known", kind: "async" }]);
  assert.equal(table.get("known").name, "known");
  assert.equal(table.get("a"), table.get("b"));
  assert.equal(table.get("a").name, "(unknown)");
});

test("loading anew keeps what was learned, takes new options and forgets what is gone", () => {
  const table = new FunctionTable();
  table.register([
    { name: "stays", kind: "async", options: { timeoutMs: 5 } },
    { name: "goes", kind: "async" },
  ]);
  const stays = table.get("stays");
  assert.equal(stays.timeoutMs, 5);
  table.register([{ name: "stays", kind: "async" }]);
  assert.equal(table.get("stays"), stays);
  assert.equal(stays.timeoutMs, Number.POSITIVE_INFINITY);
  assert.equal(table.get("goes").name, "(unknown)");
});
