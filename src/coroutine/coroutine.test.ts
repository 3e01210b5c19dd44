import assert from "node:assert/strict";
import { test } from "node:test";
import { Coroutine } from "./coroutine.ts";

test("calls of a coroutine's millions of helpers have ids of their own", () => {
  const coroutine = new Coroutine();
  coroutine.next = 2 ** 21 - 2;
  const ids = new Set<number>();
  for (let helper = 0; helper < 8; helper++) {
    coroutine.enter(() => {
      coroutine.running = coroutine.nextNumber();
      for (let call = 0; call < 4; call++) {
        ids.add(coroutine.call({ function: "child" } as Parameters<Coroutine["call"]>[0]).correlationId);
      }
    });
  }
  assert.equal(ids.size, 32);
  assert.ok([...ids].every(Number.isSafeInteger));
});
