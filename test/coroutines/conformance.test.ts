/** Every program does, suspended at each durable call in memory and through bytes, what it does natively. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCoroutine, runNative, throughBytes } from "../../src/coroutine/testing/driver.ts";
import { programFiles, programsIn, traced } from "./support/programs.ts";

const ORDERS = ["first", "last", 7, 8] as const;

for (const file of programFiles()) {
  const programs = await programsIn(file);
  for (const { name, native, compiled } of programs) {
    test(`${file}: ${name}`, async () => {
      for (const order of ORDERS) {
        const expected = await traced(() => runNative(native, [], { order }));
        const inMemory = await traced(() => runCoroutine(compiled, [], { order }));
        assert.deepEqual(inMemory, expected, `in memory, order ${order}`);
        const between = throughBytes();
        const saved = await traced(() => runCoroutine(compiled, [], { order, between }));
        assert.deepEqual(saved, expected, `through bytes, order ${order}`);
      }
    });
  }
}
