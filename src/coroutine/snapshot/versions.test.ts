/** State across edits of the code: what still resumes, and what is INCOMPATIBLE_STATE. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileFile } from "../../compiler/index.ts";
import { IncompatibleStateError } from "../../sdk/index.ts";
import { Coroutine } from "../coroutine.ts";
import { runtimeUrl } from "../runtime-url.ts";
import { decodeCoroutine, encodeCoroutine } from "./snapshot.ts";

const callUrl = new URL("../call.ts", import.meta.url).href;
const source = `import { call } from "${callUrl}";
const LIMITS = { max: 3 };
class Box { constructor(v) { this.v = v; } twice() { return this.v * 2; } }
async function helper(x) {
  const y = await call("id", x);
  return y + 1;
}
export async function main(x) {
  const limits = LIMITS;
  const box = new Box(x);
  const fn = () => box.twice();
  const got = await helper(x);
  return [got, fn(), limits.max];
}
function unrelated() { return 1; }`;

let versions = 0;

/** Loads a version of the module, which from now on is the one that snapshots refer to. */
async function load(code: string): Promise<Record<string, (...args: unknown[]) => unknown>> {
  const compiled = compileFile(code, { moduleId: `versions-${test.name}.js`, runtime: runtimeUrl });
  return import(`data:text/javascript,${encodeURIComponent(`${compiled.code}\n// ${++versions}`)}`);
}

async function suspended(code = source): Promise<Uint8Array> {
  const { main } = await load(code);
  const coroutine = new Coroutine();
  coroutine.start(main as never, [5]);
  await coroutine.quiet();
  return encodeCoroutine(coroutine).bytes;
}

async function resume(bytes: Uint8Array): Promise<unknown> {
  const coroutine = decodeCoroutine(bytes);
  const [id] = coroutine.pending.keys();
  coroutine.deliver(id!, { value: 10 });
  await coroutine.quiet();
  assert.equal(coroutine.main.$$S, 1, String(coroutine.main.$$V));
  return coroutine.main.$$V;
}

const compatible: [string, string, unknown][] = [
  ["nothing", source, [11, 10, 3]],
  ["a comment in the function", source.replace("const box", "/* new */ const box"), [11, 10, 3]],
  ["another function", source.replace("return 1", "return 2"), [11, 10, 3]],
  ["a constant of the module, whose new value counts", source.replace("max: 3", "max: 4"), [11, 10, 4]],
  ["a method of a class, whose new code counts", source.replace("* 2", "* 3"), [11, 15, 3]],
  [
    "the fields of a class, which instances from before do not have",
    source.replace("class Box {", "class Box { added = 1;").replace("this.v * 2", "String(this.added)"),
    [11, "undefined", 3],
  ],
  [
    "a function before it",
    source.replace("class Box", "async function a() { await 1; }\nclass Box"),
    [11, 10, 3],
  ],
];
for (const [what, edited, expected] of compatible) {
  test(`a suspended coroutine resumes after an edit of ${what}`, async () => {
    const bytes = await suspended();
    await load(edited);
    assert.deepEqual(await resume(bytes), expected);
  });
}

const incompatible: [string, string, RegExp][] = [
  ["the function", source.replace("return [got", "return [got + 1"), /main was changed/],
  [
    "the private fields of a class",
    source.replace("class Box {", "class Box { #added = 1;"),
    /Box has other private fields/,
  ],
  ["a helper it is suspended in", source.replace("return y + 1", "return y + 2"), /helper was changed/],
];
for (const [what, edited, message] of incompatible) {
  test(`a suspended coroutine does not resume after an edit of ${what}`, async () => {
    const bytes = await suspended();
    await load(edited);
    await assert.rejects(resume(bytes), (error: Error) => {
      assert(error instanceof IncompatibleStateError);
      assert.match(error.message, message);
      return true;
    });
  });
}

test("a class that can no longer be made is a state that does not fit", async () => {
  const derived = source
    .replace("class Box {", "class Base {}\nclass Box extends Base { #hidden = 1;")
    .replace("constructor(v) {", "constructor(v) { super();");
  const bytes = await suspended(derived);
  await load(derived.replace("class Base {}", "function Base() { throw new TypeError('no base'); }"));
  await assert.rejects(resume(bytes), (error: Error) => {
    assert(error instanceof IncompatibleStateError);
    assert.match(error.message, /cannot be read: no base/);
    return true;
  });
});
