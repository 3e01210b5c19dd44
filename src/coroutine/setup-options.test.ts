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
  const key = Buffer.alloc(32).toString("base64");
  for (const bad of ["a:c2hvcnQ=", `:${key}`, "nothing", `a: ${key}`, `a:!!${key}`, `a:${key.slice(1)}`]) {
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

test("two keys of one id are refused: it would be chance which of them seals", () => {
  const [old, recent] = [1, 2].map((byte) => `a:${Buffer.alloc(32, byte).toString("base64")}`);
  assert.throws(() => setupOptionsFrom({ DISPATCH_STATE_KEYS: `${recent},${old}` }), /two keys .* id a$/);
});

test("limits and packages are read", () => {
  const options = setupOptionsFrom({
    DISPATCH_HOT_COROUTINES_MAX: "0",
    DISPATCH_STATE_BYTES_MAX: "2048",
    DISPATCH_COMPILE_PACKAGES: "p-map, @scope/tool",
  });
  assert.deepEqual(options, { packages: ["p-map", "@scope/tool"], hotMax: 0, stateBytesMax: 2048 });
});
