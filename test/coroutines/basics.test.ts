import assert from "node:assert/strict";
import { test } from "node:test";
import { runCoroutine, runNative, throughBytes } from "../../src/coroutine/testing/driver.ts";
import { loadBoth } from "../../src/coroutine/testing/programs.ts";

const { native, compiled } = await loadBoth(new URL("fixtures/programs/basics.ts", import.meta.url));

for (const name of Object.keys(native).filter((one) => one !== "log")) {
  test(`${name} does in a coroutine what it does natively`, async () => {
    for (const order of ["first", "last", 7] as const) {
      const args = name === "loop" ? [5] : [];
      const expected = await runNative(native[name]!, args, { order });
      const actual = await runCoroutine(compiled[name]!, args, { order });
      assert.deepEqual(actual, expected);
      const saved = await runCoroutine(compiled[name]!, args, { order, between: throughBytes() });
      assert.deepEqual(saved, expected);
    }
  });
}

test("side effects happen in the same order", () => {
  const [once, twice] = [native.log as unknown as string[], compiled.log as unknown as string[]];
  assert.deepEqual(twice.toSorted(), [...once, ...once].toSorted());
});
