import assert from "node:assert/strict";
import { test } from "node:test";
import { setupOptionsFrom } from "./setup-options.ts";

test("an empty environment means the defaults", () => {
  assert.deepEqual(setupOptionsFrom({}), { packages: [] });
});

test("the first key encrypts and all of them open, the local one too", () => {
  const [old, recent, local] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)];
  const sealing = `b:${recent.toString("base64")}, a:${old.toString("base64")}`;
  const localKey = `local:${local.toString("base64")}`;
  const { keys, encrypts } = setupOptionsFrom({
    DISPATCH_STATE_KEYS: sealing,
    DISPATCH_LOCAL_STATE_KEY: localKey,
  });
  assert.deepEqual(keys, { current: "b", keys: { a: old, b: recent, local } });
  assert.equal(encrypts, true);
  const alone = setupOptionsFrom({ DISPATCH_LOCAL_STATE_KEY: localKey });
  assert.deepEqual(alone.keys, { current: "local", keys: { local } });
  assert.equal(alone.encrypts, false);
});

test("a key that is none is refused without being shown", () => {
  for (const bad of ["a:c2hvcnQ=", `:${Buffer.alloc(32).toString("base64")}`, "nothing"]) {
    assert.throws(
      () => setupOptionsFrom({ DISPATCH_STATE_KEYS: bad }),
      (error: Error) => {
        assert.match(error.message, /^a key of DISPATCH_STATE_KEYS is not id:base64 of 32 bytes/);
        assert(!error.message.includes("c2hvcnQ"));
        return true;
      },
    );
  }
});

test("limits and packages are read", () => {
  const options = setupOptionsFrom({
    DISPATCH_HOT_COROUTINES_MAX: "0",
    DISPATCH_STATE_BYTES_MAX: "2048",
    DISPATCH_COMPILE_PACKAGES: "p-map, @scope/tool",
  });
  assert.deepEqual(options, { packages: ["p-map", "@scope/tool"], hotMax: 0, stateBytesMax: 2048 });
});
