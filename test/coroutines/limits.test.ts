/** What is refused, when a module loads or when a coroutine is saved, says what it is and where. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CompileError, compileFile } from "../../src/compiler/index.ts";
import { runCoroutine, throughBytes } from "../../src/coroutine/testing/driver.ts";
import { loadBoth } from "../../src/coroutine/testing/programs.ts";

const { compiled } = await loadBoth(new URL("fixtures/programs/limits.mjs", import.meta.url));

const REFUSED_WHEN_SAVED: [name: string, message: RegExp][] = [
  [
    "accessorOfNativeCode",
    /variable settings\.size \(getter\) \(limits\.mjs:8\) cannot be saved: the function/,
  ],
  ["mapIteratorByHand", /variable keys \(limits\.mjs:14\) cannot be saved: Map Iterator/],
  ["ownPrototype", /variable derived \(limits\.mjs:20\) cannot be saved: object with a prototype of its own/],
  [
    "privateStaticsOfLocalClass",
    /variable Counter \(limits\.mjs:30\) cannot be saved: the class Counter, which is inside a function and has private/,
  ],
  ["weakMap", /variable weak \(limits\.mjs:36\) cannot be saved: WeakMap/],
  [
    "uniqueSymbol",
    /variable token \(limits\.mjs:42\) cannot be saved: Symbol of this process alone\. Use Symbol\.for/,
  ],
  ["proxy", /variable guarded\.inner \(limits\.mjs:48\) cannot be saved: Proxy/],
  [
    "errorOfNativeClass",
    /variable error \(limits\.mjs:61\) cannot be saved: instance of Rejected, which extends an error class that is not/,
  ],
  [
    "inheritedByHand",
    /variable derived \(class\)\.prototype \(limits\.mjs:70\) cannot be saved: the function or class Derived, whose/,
  ],
  [
    "staticsDeleted",
    /variable A \(limits\.mjs:77\) cannot be saved: the function or class A, from which s was deleted/,
  ],
  ["abortController", /variable list\[0\] \(limits\.mjs:54\) cannot be saved: AbortController/],
];

for (const [name, message] of REFUSED_WHEN_SAVED) {
  test(`${name} is refused when the coroutine is saved, naming variable, file and line`, async () => {
    await assert.rejects(runCoroutine(compiled[name]!, [], { between: throughBytes() }), message);
  });
}

const REFUSED_WHEN_COMPILED: [source: string, code: RegExp, place: RegExp][] = [
  ["function f() { const b = () => a; using a = g(); }", /USING_DECLARATION/, /^x\.mjs:1:/],
  [
    "async function f() { const o = { async m() { await super.m(); } }; await o.m(); }",
    /SUPER_IN_OBJECT_METHOD/,
    /^x\.mjs:1:/,
  ],
  [
    "async function f(x) {\n  return { get a() { return x; }, ...await f() };\n}",
    /ACCESSOR_IN_ASYNC_OBJECT/,
    /^x\.mjs:2:/,
  ],
  ["async function f(a = await g()) {}", /SYNTAX/i, /^x\.mjs:1:/],
  ["enum Color { Red }", /UNSUPPORTED_TYPESCRIPT: .*enum/, /^x\.ts:1:1: /],
  [
    "\n  class A { constructor(private x: number) {} }",
    /UNSUPPORTED_TYPESCRIPT: .*parameter property/,
    /^x\.ts:2:\d+: /,
  ],
  ["namespace N { export const x = 1; }", /UNSUPPORTED_TYPESCRIPT: .*namespace/, /^x\.ts:1:1: /],
];

for (const [source, code, place] of REFUSED_WHEN_COMPILED) {
  test(`refused when the module loads: ${source.replaceAll("\n", " ")}`, () => {
    const filename = place.source.includes("ts") ? "x.ts" : "x.mjs";
    assert.throws(
      () => compileFile(source, { moduleId: filename, filename }),
      (error: unknown) => {
        assert.ok(error instanceof CompileError, String(error));
        assert.match(error.message, code);
        assert.match(error.message, place);
        return true;
      },
    );
  });
}
