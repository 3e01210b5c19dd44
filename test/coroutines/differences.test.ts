/** Compiled code differs from plain JavaScript where docs/coroutines.md says so, and in the way it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCoroutine, runNative, throughBytes } from "../../src/coroutine/testing/driver.ts";
import { loadBoth } from "../../src/coroutine/testing/programs.ts";

const { native, compiled } = await loadBoth(new URL("fixtures/programs/differences.mjs", import.meta.url));

const DIFFERENCES: [name: string, native: unknown, compiled: unknown][] = [
  ["promises", [true, true, 1], [true, false, 1]],
  [
    "kindsOfFunctions",
    ["[object AsyncFunction]", "AsyncFunction", true],
    ["[object Function]", "Function", false],
  ],
  ["argumentsAreAnArray", [false, 2, "b"], [true, 2, "b"]],
  ["methodsAreLookedUpLate", "before", "after x"],
  ["templatesAreCopied", [true, "a"], [false, "a"]],
  ["computedNames", ["k", "k"], ["", "k"]],
  ["disposedOfInLoopHeads", 4, 1],
  ["namesInHeadsOfClasses", "A", ["Cannot access 'A' before initialization", "A"]],
  ["variablesOfBlocksAreCopied", [1, 2], [1, 1]],
];

for (const [name, asNative, asCompiled] of DIFFERENCES) {
  test(`known difference: ${name}`, async () => {
    assert.deepEqual(await resultOf(runNative(native[name]!, [])), asNative);
    assert.deepEqual(
      await resultOf(runCoroutine(compiled[name]!, [], { between: throughBytes() })),
      asCompiled,
    );
  });
}

async function resultOf(running: ReturnType<typeof runNative>): Promise<unknown> {
  const outcome = await running;
  assert.equal(outcome.status, "ok", JSON.stringify(outcome));
  return outcome.status === "ok" ? outcome.value : undefined;
}
