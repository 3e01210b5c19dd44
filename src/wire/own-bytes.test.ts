import assert from "node:assert/strict";
import { test } from "node:test";
import { ownBytes } from "./own-bytes.ts";

test("a small part of a buffer is copied; a small buffer, and the larger part of one, are not", () => {
  const buffer = new Uint8Array(10_000).fill(7);
  for (const part of [buffer.subarray(10, 310), Buffer.from(buffer.buffer, 10, 300)]) {
    const own = ownBytes(part);
    assert.equal(own.buffer.byteLength, 300);
    assert.deepEqual(Buffer.from(own), Buffer.from(part));
  }
  for (const kept of [buffer.subarray(5_000), buffer, new Uint8Array(1_024).subarray(0, 1)]) {
    assert.equal(ownBytes(kept), kept);
  }
  assert.equal(ownBytes(buffer.subarray(0, 0)).buffer.byteLength, 0);
  assert.deepEqual([ownBytes(null), ownBytes(undefined)], [null, undefined]);
});
