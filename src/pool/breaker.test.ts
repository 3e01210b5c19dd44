import assert from "node:assert/strict";
import { test } from "node:test";
import { Breaker } from "./breaker.ts";

const die = (breaker: Breaker, times: number, nowMs: number) => {
  for (let i = 0; i < times; i++) breaker.died(nowMs);
};

test("a few deaths do not open it", () => {
  const breaker = new Breaker();
  die(breaker, 4, 0);
  assert.equal(breaker.openForMs(0), 0);
});

test("deaths in a row open it, for longer each time up to a bound", () => {
  const breaker = new Breaker();
  die(breaker, 5, 1_000);
  assert.equal(breaker.openForMs(1_000), 500);
  assert.equal(breaker.openForMs(1_500), 0);
  breaker.died(2_000);
  assert.equal(breaker.openForMs(2_000), 1_000);
  die(breaker, 20, 3_000);
  assert.equal(breaker.openForMs(3_000), 30_000);
});

test("an answered run closes it and forgets the deaths before", () => {
  const breaker = new Breaker();
  die(breaker, 9, 0);
  breaker.answered();
  assert.equal(breaker.openForMs(0), 0);
  die(breaker, 4, 10);
  assert.equal(breaker.openForMs(10), 0);
});

test("after the back-off one thread may try, and only an answer lets the others follow", () => {
  const breaker = new Breaker();
  die(breaker, 5, 0);
  assert.equal(breaker.startsAllowed(499, 4, 0), 0);
  assert.equal(breaker.startsAllowed(500, 4, 0), 1);
  assert.equal(breaker.startsAllowed(500, 3, 1), 0);
  breaker.answered();
  assert.equal(breaker.startsAllowed(500, 3, 1), 3);
});
