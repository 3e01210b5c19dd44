import assert from "node:assert/strict";
import { test } from "node:test";
import { CompileError, type CompileErrorCode, compileFile } from "./index.ts";

/** What cannot be made durable: the code of the refusal, its place, the source. */
const refused: [CompileErrorCode, string, string][] = [
  ["SYNTAX_ERROR", "1:11", "const a = ;"],
  ["SYNTAX_ERROR", "2:3", "class A {\n  @decorator() method() {}\n}"],
  ["UNSUPPORTED_TYPESCRIPT", "2:1", "\nenum Color { Red }"],
  ["UNSUPPORTED_TYPESCRIPT", "", "class A { constructor(private x: number) {} }"],
  ["RESERVED_NAME", "1:7", "const $$rt = 1;"],
  ["RESERVED_NAME", "1:29", "export function f() {return $$v;}"],
  ["DIRECT_EVAL", "1:31", "async function f(x: string) { eval(x); }"],
  ["AWAIT_IN_CLASS", "2:20", "async function f() {\n  class A extends (await base()) {}\n}"],
  ["AWAIT_IN_CLASS", "2:14", "async function f() {\n  class A { [await key()]() {} }\n}"],
  [
    "AWAIT_IN_SUPER_CALL",
    "",
    "class A extends B { constructor(x) { (async () => { super(await x); })(); } }",
  ],
  ["SUPER_IN_OBJECT_METHOD", "1:35", "function f() { const o = { async m() { super.x(); } }; return o; }"],
  [
    "SUPER_IN_NESTED_CLASS",
    "",
    "function f() { return class extends A { async m() { await super.m(); } }; }",
  ],
  [
    "PRIVATE_NAME_IN_NESTED_CLASS",
    "",
    "function f() { return class { #x = 1; async m() { await this.#x; } }; }",
  ],
  ["NEW_TARGET", "", "function F() { return () => new.target; }"],
  [
    "ACCESSOR_IN_ASYNC_OBJECT",
    "",
    "async function f(x) { await x; return { get a() { return x; }, ...x }; }",
  ],
  ["USING_DECLARATION", "1:41", "function f(x: any) { const g = () => y; using y = x; }"],
];

for (const [code, place, source] of refused) {
  test(`refuses with ${code}: ${source.replaceAll("\n", " ")}`, () => {
    assert.throws(
      () => compileFile(source, { moduleId: "functions.ts" }),
      (error: unknown) => {
        assert(error instanceof CompileError);
        assert.equal(error.code, code);
        assert.match(error.message, /^functions\.ts(:\d+:\d+)?: [A-Z_]+: ./);
        if (place) assert.equal(`${error.line}:${error.column}`, place);
        return true;
      },
    );
  });
}

/** Close to what is refused, and fine. */
const accepted = [
  "const globalEval = (0, eval);",
  "function F() { return new.target; }",
  "class A extends B { async m() { return super.m(await 1); } static async s() { await super.s(); } }",
  "const o = { get a() { return 1; } };",
  "async function f(x) { await x; return { get a() { return x; }, set a(v) { x = v; }, b: 1 }; }",
  "class A { #x = 1; async m() { await 1; return () => this.#x; } }",
  "function f() { using x = null; }",
  "export default class { async m() { await 1; } }",
  "export default async function () { await 1; }",
  "export { a as b }; let a = 1; export * from 'x'; export * as y from 'y';",
  "await Promise.resolve(); for await (const x of []) {}",
  "label: { async function f() { for (;;) { break; } } }",
  "export async function f() { return import('./x.js', { with: { type: 'json' } }); }",
  "#!/usr/bin/env node\nexport const a = 1;",
];

for (const source of accepted) {
  test(`accepts: ${source.replaceAll("\n", " ")}`, () => {
    compileFile(source, { moduleId: "functions.js" });
  });
}
