import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { describeFile } from "./describe-file.ts";
import { isCompiled } from "./hooks.ts";
import { fileFilter, moduleIdOf } from "./index.ts";
import { dispatchCompiler } from "./plugin.ts";

function project(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "compiler-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

test("modules of the project are compiled, of node_modules the named packages only", () => {
  const compiles = fileFilter({
    packages: ["p-map", "@scope/tool"],
    exclude: ["/app/generated", "/app/one.ts"],
  });
  const expected: Record<string, boolean> = {
    "/app/functions.ts": true,
    "/app/lib/util.mjs": true,
    "/app/data.json": false,
    "/app/old.cjs": false,
    "/app/types.d.mts": false,
    "/app/types.d.ts": false,
    "/app/generated/a.ts": false,
    "/app/generated-too/a.ts": true,
    "/app/one.ts": false,
    "/app/node_modules/p-map/index.js": true,
    "/app/node_modules/p-map/node_modules/deep/index.js": false,
    "/app/node_modules/@scope/tool/dist/a.js": true,
    "/app/node_modules/@scope/other/a.js": false,
  };
  for (const [file, result] of Object.entries(expected)) assert.equal(compiles(file), result, file);
});

test("a module's id is its path in its package, wherever that lies", (t) => {
  const root = project(t, {
    "package.json": "{}",
    "src/functions.ts": "",
    "node_modules/p-map/package.json": '{"name":"p-map"}',
    "node_modules/p-map/index.js": "",
  });
  assert.equal(moduleIdOf(join(root, "src/functions.ts")), "src/functions.ts");
  assert.equal(moduleIdOf(join(root, "node_modules/p-map/index.js")), "p-map/index.js");
});

const source = "export async function f(x: number) { const y = x + 1; await g(y); return y; }";

test("the plugin compiles what the loader compiles, once", (t) => {
  const root = project(t, { "package.json": "{}", "functions.ts": source });
  const plugin = dispatchCompiler.raw({}, { framework: "rollup" } as never) as unknown as {
    transformInclude(id: string): boolean;
    transform(code: string, id: string): { code: string; map: { sources: string[] } } | null;
  };
  const id = join(root, "functions.ts");
  for (const version of ["", "?v=1", "?t=1700000000000", "?import&t=1"]) {
    assert(plugin.transformInclude(id + version), version);
  }
  for (const other of [`${id}?raw`, `${id}?url`, `${id}?worker&inline`, `\0${id}`, "virtual:functions.ts"]) {
    assert(!plugin.transformInclude(other), other);
  }
  const made = plugin.transform(source, `${id}?v=1`)!;
  assert.match(made.code, /"functions\.ts#f"/);
  assert.deepEqual(made.map.sources, [id]);
  assert(!made.code.includes(root), "as on every machine");
  assert.equal(plugin.transform(made.code, id), null);
});

test("a module that only speaks of the runtime is compiled", () => {
  for (const text of ['like "dispatch-ts/runtime"', 'import * as $$rt from "dispatch-ts/runtime"']) {
    assert.equal(isCompiled(`// ${text}\nexport const x = 1;`), false);
    assert.equal(isCompiled(`// ${text}\nexport const x: number = 1;`), false);
  }
  for (const source of [
    'import * as $$rt from "dispatch-ts/runtime";',
    'import*as e from"dispatch-ts/runtime";',
  ])
    assert.equal(isCompiled(source), true);
});

test("a file is described by what can be suspended where, and what is saved there", (t) => {
  const root = project(t, { "package.json": "{}", "functions.ts": source });
  const { module, functions, code } = describeFile(join(root, "functions.ts"));
  assert.equal(module, "functions.ts");
  const [{ id, fingerprint, points }] = functions as [(typeof functions)[number]];
  assert.equal(id, "functions.ts#f");
  assert.match(fingerprint, /^\S{12}$/);
  assert.deepEqual(points, [{ kind: "await", line: 1, column: 55, saves: ["y"] }]);
  assert.match(code, /export function f\(x\)/);
  assert(!code.includes(root), "as on every machine");
});
