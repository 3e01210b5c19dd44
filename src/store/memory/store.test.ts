import assert from "node:assert/strict";
import { test } from "node:test";
import { record } from "../conformance/fixtures.ts";
import { storeConformance } from "../conformance/suite.ts";
import { StoreError } from "../errors.ts";
import { MemoryStore } from "./store.ts";

storeConformance("memory", async () => ({ store: new MemoryStore(), cleanUp: async () => {} }));

test("a session that was taken over is fenced", async () => {
  const store = new MemoryStore();
  const first = await store.open();
  await store.open();
  const fenced = (error: unknown) => error instanceof StoreError && error.code === "fenced";
  await assert.rejects(first.commit([{ kind: "update", call: record(1) }]), fenced);
});
