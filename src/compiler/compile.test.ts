import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { test } from "node:test";
import { type CompiledModule, compileFile, type ResumableFunction } from "./index.ts";

const compileText = (source: string): CompiledModule => compileFile(source, { moduleId: "functions.ts" });

function functionIn(source: string, name: string): ResumableFunction {
  const found = compileText(source).functions.find((one) => one.name === name);
  assert(found, `no function ${name}`);
  return found;
}

test("only variables that are needed later are saved", () => {
  const { points } = functionIn(
    `export async function f(input: string) {
      const prefix = input.slice(0, 3);
      const big = new Array(1000).fill(prefix);
      const count = big.length;
      const first = await g(big);
      let unused = 1;
      const second = await g(count);
      return first + second + prefix;
    }`,
    "f",
  );
  assert.deepEqual(
    points.map(({ live }) => live.toSorted()),
    [
      ["count", "prefix"],
      ["first", "prefix"],
    ],
  );
});

test("a variable assigned on every way is not saved before", () => {
  const { points } = functionIn(
    "async function f(x) { let y; await x; if (x) y = 1; else y = 2; await y; return y; }",
    "f",
  );
  assert.deepEqual(
    points.map(({ live }) => live),
    [["x"], ["y"]],
  );
});

test("what a handler needs is saved for it", () => {
  const { points } = functionIn(
    "async function f(x, name) { try { await x; } catch (e) { return name + e; } }",
    "f",
  );
  assert.deepEqual(points[0]?.live, ["name"]);
});

test("points say where in the source they are", () => {
  const { points } = functionIn(
    "async function f() {\n  await a();\n  for await (const x of b()) {}\n}",
    "f",
  );
  assert.deepEqual(
    points.map((one) => one.at),
    ["2:3", "3:25", "3:25"],
  );
});

test("synchronous functions stay as they are", () => {
  const source = "export function add(a, b) {\n\treturn a + b;\n}";
  const { code, functions } = compileText(source);
  assert(code.includes(source));
  assert.deepEqual(functions, []);
});

test("an async function without an await needs no state machine", () => {
  assert.deepEqual(compileText("async function f(x) { return x; }").functions, []);
});

test("functions are known by their names through edits elsewhere", () => {
  const ids = (source: string) => compileText(source).functions.map(({ id }) => id);
  const source = `
    export async function plain() { await 1; async function inner() { await 2; } }
    const constant = async () => { await 3; };
    class Box { async method() { await 4; } static async make() { await 5; } #p = async () => { await 6; }; }
    registry.function("registered", async () => { await 7; });
    export default async () => { await 8; };`;
  const expected = [
    "functions.ts#plain/inner",
    "functions.ts#plain",
    "functions.ts#constant",
    "functions.ts#Box.method",
    "functions.ts#Box.static make",
    "functions.ts#Box.#p/#p",
    "functions.ts#registered",
    "functions.ts#default",
  ];
  assert.deepEqual(ids(source).toSorted(), expected.toSorted());
  assert.deepEqual(ids(`const before = [async () => { await 0; }]; ${source}`).slice(1), ids(source));
});

test("functions without a name at the top level are known by their text", () => {
  const ids = (source: string) => compileText(source).functions.map(({ id }) => id);
  const [one] = ids("use(async () => { await 1; });");
  assert.match(one!, /^functions\.ts#anonymous~/);
  assert.deepEqual(ids("use(async () => { await 2; }); use(async () => { await 1; });")[1], one);
});

const base = `export async function f(list: string[]) {
  let count = 0;
  const add = () => count;
  for (const item of list) { await g(item); count++; }
  return add();
}
function other() { return 1; }`;
const fingerprintOf = (source: string): string => functionIn(source, "f").fingerprint;

const keeps: [string, string][] = [
  ["a comment", base.replace("let count", "/* how many */ let count")],
  ["white space and lines", base.replaceAll("\n", "\n\n  ")],
  ["types", base.replace("list: string[]", "list: readonly string[]")],
  ["another function", base.replace("return 1", "return 2")],
  ["a function before it", `async function before() { await 1; }\n${base}`],
  ["parentheses and quotes", base.replace("() => count", "() => (count)")],
];
for (const [what, source] of keeps) {
  test(`${what} does not change the fingerprint of a function`, () => {
    assert.equal(fingerprintOf(source), fingerprintOf(base));
  });
}

const changes: [string, string][] = [
  ["its code", base.replace("count++", "count += 2")],
  ["the name of a variable", base.replaceAll("count", "total")],
  ["a function inside it", base.replace("() => count", "() => count + 1")],
  ["a literal", base.replace("= 0", "= '0'")],
  ["an operator", base.replace("count++", "count--")],
  ["its parameters", base.replace("(list: string[])", "(list, more)")],
];
for (const [what, source] of changes) {
  test(`${what} changes the fingerprint of a function`, () => {
    assert.notEqual(fingerprintOf(source), fingerprintOf(base));
  });
}

test("how an outer variable is shared counts for the function that captures it", () => {
  const inner = (more: string) =>
    functionIn(`function outer() { let x = 1; const f = async () => { await x; }; ${more} return f; }`, "f");
  assert.notEqual(inner("").fingerprint, inner("x = 2;").fingerprint);
});

test("the source map leads from compiled code to the TypeScript source", () => {
  const source = `export async function f(input: string): Promise<string> {
  const first: string = await g(input);
  throw new Error(first);
}`;
  const { code, map } = compileText(source);
  const sourceMap = new SourceMap(map as never);
  const find = (text: string) => {
    const before = code.slice(0, code.indexOf(text)).split("\n");
    const { originalLine, originalColumn } = sourceMap.findEntry(
      before.length - 1,
      before.at(-1)!.length,
    ) as {
      originalLine: number;
      originalColumn: number;
    };
    return [originalLine + 1, originalColumn + 1];
  };
  assert.deepEqual(find("new Error"), [3, 9]);
  assert.deepEqual(find("g(input"), [2, 31]);
  assert.deepEqual(map.sourcesContent, [source]);
});
