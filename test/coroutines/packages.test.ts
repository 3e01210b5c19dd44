/** Packages from npm, unchanged: every durable call in their callbacks suspends them, and they go on from bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCoroutine, runNative, throughBytes } from "../../src/coroutine/testing/driver.ts";
import { loadBoth } from "../../src/coroutine/testing/programs.ts";

const { native, compiled } = await loadBoth(new URL("fixtures/packages.mjs", import.meta.url));

for (const name of Object.keys(native)) {
  test(`${name} through bytes as natively`, async () => {
    for (const order of ["first", "last", 3] as const) {
      const expected = await runNative(native[name]!, [], { order });
      assert.deepEqual(await runCoroutine(compiled[name]!, [], { order }), expected);
      const saved = await runCoroutine(compiled[name]!, [], { order, between: throughBytes() });
      assert.deepEqual(saved, expected);
    }
  });
}
