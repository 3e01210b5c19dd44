import assert from "node:assert/strict";
import { test } from "node:test";
import { IncompatibleStateError, Registry } from "../../sdk/index.ts";
import { decodeGraph, encodeGraph } from "../../wire/graph/index.ts";
import { SnapshotReader } from "./allocate.ts";
import { SnapshotWriter } from "./describe.ts";

const save = (value: unknown) => encodeGraph(value, { hooks: new SnapshotWriter() });
const restore = (bytes: Uint8Array) => decodeGraph(bytes, { hooks: new SnapshotReader() });

test("a durable function held across an await is the same function after, of its own registry", async (t) => {
  const registries = ["first", "second"].map((name) => new Registry(name, { endpoint: "http://here" }));
  t.after(() => Promise.all(registries.map((registry) => registry.close())));
  const functions = registries.map((registry) => registry.function("same", async () => registry.name));
  assert.deepEqual(restore(save(functions)), functions);
  const bytes = save(functions);
  await registries[1]?.close();
  assert.throws(() => restore(bytes), IncompatibleStateError);
});

test("a durable function with call options keeps them", async (t) => {
  const registry = new Registry(t.name, { endpoint: "http://here" });
  t.after(() => registry.close());
  const fn = registry.function("fn", async () => {});
  const options = { expirationMs: 5, retry: { attemptsMax: 2 }, idempotencyKey: "k" };
  const [plain, bound] = restore(save([fn, fn.with(options)])) as (typeof fn)[];
  assert.equal(plain, fn);
  assert.deepEqual(bound?.callOptions, options);
});
