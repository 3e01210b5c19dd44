import assert from "node:assert/strict";
import { test } from "node:test";
import { rootCall } from "../call/children.ts";
import { type Entry, newEntry } from "../entry.ts";
import { DEFAULT_AIMD } from "./aimd.ts";
import { Fifo } from "./fifo.ts";
import type { Route } from "./route.ts";
import { Routes } from "./routes.ts";

let ids = 0;

function ready(name: string, priority = 0): Entry {
  const call = {
    correlationId: 0n,
    endpoint: "http://a",
    function: name,
    version: "",
    expirationMs: undefined,
    delayMs: undefined,
    priority,
    retry: null,
    trace: null,
  };
  return newEntry({ ...rootCall(++ids, call, 0), state: "ready" });
}

function limited(max: number): Routes {
  const isOwn = (endpoint: string) => endpoint.startsWith("http://a");
  return new Routes({ runsMax: 1000, aimd: DEFAULT_AIMD, isOwn, concurrencyMaxOf: () => max });
}

test("a function's own limit holds over all endpoints of this process, and for no other", () => {
  const routes = limited(2);
  const other = ready("f");
  other.call = { ...other.call, endpoint: "http://a/other" };
  const foreign = Array.from({ length: 5 }, () => {
    const entry = ready("f");
    entry.call = { ...entry.call, endpoint: "http://b" };
    return entry;
  });
  const own = [ready("f"), ready("f"), ready("f")];
  for (const entry of [...own, other, ...foreign]) routes.push(entry);
  const started: { entry: Entry; route: Route }[] = [];
  for (let next = routes.next(); next !== undefined; next = routes.next()) started.push(next);
  const at = (endpoint: string) => started.filter(({ entry }) => entry.call.endpoint.startsWith(endpoint));
  assert.equal(at("http://b").length, 5);
  assert.equal(at("http://a").length, 2);
  for (let left = 2; left > 0; left--) {
    routes.release(at("http://a")[0]!.route);
    const next = routes.next();
    assert.ok(next, "whoever shares the limit has the place");
    assert.equal(routes.next(), undefined);
  }
  assert.equal(routes.waiting, 0);
});

function setup(runsMax = 1000, start = 10): Routes {
  return new Routes({ runsMax, aimd: { ...DEFAULT_AIMD, start } });
}

function starts(routes: Routes): string[] {
  const names: string[] = [];
  for (let next = routes.next(); next !== undefined; next = routes.next())
    names.push(next.entry.call.function);
  return names;
}

test("a function with a long queue delays one with a short queue by a single run", () => {
  const routes = setup(6);
  for (let i = 0; i < 100; i++) routes.push(ready("noisy"));
  routes.push(ready("quiet"));
  routes.push(ready("quiet"));
  assert.deepEqual(starts(routes), ["noisy", "quiet", "noisy", "quiet", "noisy", "noisy"]);
  assert.equal(routes.waiting, 96);
  assert.equal(routes.inFlight, 6);
});

test("higher priority first, then first in first out", () => {
  const routes = setup();
  const entries = [ready("f", 0), ready("f", 5), ready("f", -5), ready("f", 5), ready("f", 0)];
  for (const entry of entries) routes.push(entry);
  const order: number[] = [];
  for (let next = routes.next(); next !== undefined; next = routes.next())
    order.push(entries.indexOf(next.entry));
  assert.deepEqual(order, [1, 3, 0, 4, 2]);
});

test("no more run than the limit of the function, and a place given back is taken again", () => {
  const routes = setup(1000, 3);
  for (let i = 0; i < 5; i++) routes.push(ready("f"));
  const first = routes.next()!;
  assert.deepEqual(starts(routes), ["f", "f"]);
  assert.equal(routes.next(), undefined);
  routes.release(first.route);
  assert.deepEqual(starts(routes), ["f"]);
});

test("no more run than the limit of all, and none is forgotten for it", () => {
  const routes = setup(2);
  for (const name of ["a", "b", "c"]) routes.push(ready(name));
  const first = routes.next()!;
  const second = routes.next()!;
  assert.equal(routes.next(), undefined);
  routes.release(first.route);
  routes.release(second.route);
  assert.deepEqual(starts(routes), ["c"]);
});

test("routes of names that come and go are not kept for ever", () => {
  const routes = setup();
  for (let i = 0; i < 2_000; i++) {
    routes.push(ready(`name${i}`));
    routes.release(routes.next()!.route);
  }
  assert.ok([...routes].length <= 257);
});

test("a queue gives in order what it was given, however long it grows", () => {
  const queue = new Fifo<number>();
  let given = 0;
  let taken = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 50; i++) queue.push(given++);
    for (let i = 0; i < (round < 100 ? 20 : 80); i++) if (taken < given) assert.equal(queue.shift(), taken++);
  }
  while (taken < given) assert.equal(queue.shift(), taken++);
  assert.equal(queue.shift(), undefined);
  assert.equal(queue.size, 0);
});
