import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { type TestContext, test } from "node:test";
import { keepContexts } from "./contexts.ts";
import { Owner } from "./owner.ts";
import { Task } from "./task.ts";

const storage = new AsyncLocalStorage<string>();

function setup(t: TestContext) {
  keepContexts();
  t.after(() => keepContexts(false));
  const owner = new Owner();
  const seen: (string | undefined)[] = [];
  return {
    owner,
    seen,
    waiter: () => ({ $$wake: () => void seen.push(storage.getStore()) }),
    task() {
      const task = new Task();
      task.$$R = owner;
      return task;
    },
  };
}

test("code goes on in the context it waited in, whoever settles what it waits for", async (t) => {
  const { owner, seen, waiter, task } = setup(t);
  const shared = task();
  storage.run("first", () => shared.$$wait(waiter()));
  storage.run("second", () => shared.$$wait(waiter()));
  shared.$$wait(waiter());
  storage.run("settler", () => shared.$$settle(1, undefined));
  await owner.quiet();
  assert.deepEqual(seen, ["first", "second", undefined]);
});

test("a waiter that waits again has the context of its last wait", async (t) => {
  const { owner, seen, waiter, task } = setup(t);
  const again = waiter();
  for (const name of ["first", "second"]) {
    const awaited = task();
    storage.run(name, () => awaited.$$wait(again));
    awaited.$$settle(1, undefined);
    await owner.quiet();
  }
  const settled = task();
  settled.$$settle(1, undefined);
  storage.run("third", () => settled.$$wait(again));
  await owner.quiet();
  assert.deepEqual(seen, ["first", "second", "third"]);
});

test("contexts of a run are not those of the next", async (t) => {
  const { owner, seen, waiter, task } = setup(t);
  const call = task();
  storage.run("first run", () => call.$$wait(waiter()));
  owner.contexts = undefined;
  storage.run("second run", () => call.$$settle(1, undefined));
  await owner.quiet();
  assert.deepEqual(seen, ["second run"]);
});
