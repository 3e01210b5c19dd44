/** Errors name the lines and columns of the TypeScript source, across functions that were suspended and restored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DriverOptions,
  runCoroutine,
  runNative,
  throughBytes,
} from "../../src/coroutine/testing/driver.ts";
import { loadBoth } from "../../src/coroutine/testing/programs.ts";
import type { Outcome } from "../../src/coroutine/testing/world.ts";

process.setSourceMapsEnabled(true);
const { native, compiled } = await loadBoth(new URL("fixtures/stacks.ts", import.meta.url));

const WAYS: [string, DriverOptions][] = [
  ["in memory", {}],
  ["through bytes", { between: throughBytes() }],
];

/** `async name line:column` of each frame of the fixture. */
function framesOf(outcome: Outcome): string[] {
  assert.equal(outcome.status, "error");
  const { stack } = (outcome as { error: unknown }).error as Error;
  const frames = [...stack!.matchAll(/at (async )?(\S+) \(.*stacks\.ts(?:\?\w+)?:(\d+:\d+)\)/g)];
  return frames.map(([, isAsync = "", name, place]) => `${isAsync}${name!.split(".").at(-1)} ${place}`);
}

for (const [way, options] of WAYS) {
  test(`parent and child that were suspended stand in the stack as natively, ${way}`, async () => {
    const expected = ["child 13:25", "async middle 18:16", "async parent 25:11"];
    assert.deepEqual(framesOf(await runNative(native.parent!, [7])), expected);
    assert.deepEqual(framesOf(await runCoroutine(compiled.parent!, [7], options)), expected);
  });

  test(`methods and arrows do too, ${way}`, async () => {
    const expected = framesOf(await runNative(native.methodsAndArrows!, []));
    assert.deepEqual(expected, ["run 40:11", "async run 47:12", "async methodsAndArrows 49:10"]);
    assert.deepEqual(framesOf(await runCoroutine(compiled.methodsAndArrows!, [], options)), expected);
  });

  test(`an async generator does, ${way}`, async () => {
    const frames = framesOf(await runCoroutine(compiled.generators!, [], options));
    assert.equal(frames[0], "numbers 55:11");
    assert.match(frames[1]!, /^generators 57:/);
  });

  test(`the error of a durable call names the line that awaits it, ${way}`, async () => {
    assert.deepEqual(framesOf(await runCoroutine(compiled.ofACall!, [], options)), ["async ofACall 30:11"]);
  });
}
