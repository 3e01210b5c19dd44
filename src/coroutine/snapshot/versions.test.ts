/** State across edits of the code: what still resumes, and what is INCOMPATIBLE_STATE. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileFile } from "../../compiler/index.ts";
import { IncompatibleStateError } from "../../sdk/index.ts";
import { Coroutine } from "../coroutine.ts";
import { classes, moduleFunctions } from "../runtime/registry.ts";
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

/** Edits around a function that reads names of its module before an await: its text, and so its frame, stay. */
const lib = (names: string) =>
  `import ${names} from "data:text/javascript,${encodeURIComponent(
    `export const LIMIT = 7; export const twice = (x) => x * 2; export const api = { go: (x) => x * 3 };
    export class K { constructor(x) { this.x = x; } }; export const atob = (x) => x;`,
  )}";`;
const around: [what: string, main: string, before: string, after: string, expected: unknown][] = [
  [
    "a function to an import",
    "return twice(await call('id', x));",
    "function twice(x) { return x * 2; }",
    lib("{ twice }"),
    20,
  ],
  [
    "a constant to an import",
    "return [LIMIT, await call('id', x)];",
    "const LIMIT = 3;",
    lib("{ LIMIT }"),
    [3, 10],
  ],
  [
    "a constant to a variable",
    "return [LIMIT, await call('id', x)];",
    "const LIMIT = 3;",
    "let LIMIT = 3; export function set() { LIMIT = 4; }",
    [3, 10],
  ],
  [
    "an object to an import",
    "return api.go(await call('id', x));",
    "const api = { go: (x) => x };",
    lib("{ api }"),
    30,
  ],
  [
    "a class to an import",
    "return new K(await call('id', x)).x;",
    "class K { constructor(x) { this.x = x + 1; } }",
    lib("{ K }"),
    10,
  ],
  ["a global to an import", "return atob(await call('id', x));", "", lib("{ atob }"), atob("10")],
  [
    "a function that its helper reads",
    "return await helper(x);",
    "async function helper(x) { return twice(await call('id', x)); }\nfunction twice(x) { return x * 2; }",
    `async function helper(x) { return twice(await call('id', x)); }\n${lib("{ twice }")}`,
    20,
  ],
];
for (const [what, main, before, after, expected] of around) {
  test(`a suspended coroutine resumes after moving ${what}`, async () => {
    const make = (rest: string) =>
      `import { call } from "${callUrl}";\n${rest}\nexport async function main(x) { ${main} }`;
    const coroutine = new Coroutine();
    coroutine.start((await load(make(before))).main as never, [5]);
    await coroutine.quiet();
    const { bytes } = encodeCoroutine(coroutine);
    // What the first version made is not there in a new process.
    moduleFunctions.clear();
    classes.clear();
    await load(make(after));
    assert.deepEqual(await resume(bytes), expected);
  });
}

test("a suspended coroutine does not resume where its frame is laid out otherwise", async () => {
  const make = (rest: string) =>
    `import { call } from "${callUrl}";\n${rest}\nexport async function main(x) { return Promise.all(await call('id', x)); }`;
  const coroutine = new Coroutine();
  coroutine.start((await load(make(""))).main as never, [5]);
  await coroutine.quiet();
  const { bytes } = encodeCoroutine(coroutine);
  await load(make("const Promise = { all: (x) => x };"));
  await assert.rejects(resume(bytes), IncompatibleStateError);
});

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
