/** docs/coroutines.md does what it says: its functions run, its refusals are refused, its list of codes is complete. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CompileError, compileFile } from "../../src/compiler/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/coroutines.md"), "utf8");

test("the files of the page pass as they stand", async (t) => {
  const files = [...page.matchAll(/```ts file=(\S+)\n(.*?)```/gs)];
  assert.deepEqual(
    files.map(([, name]) => name),
    ["functions.ts", "functions.test.ts"],
  );
  // Inside the package, so that its own name resolves.
  const folder = mkdtempSync(join(root, "test/tmp-coroutines-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [, name, code] of files) writeFileSync(join(folder, name!), code!);
  const args = ["--conditions=dispatch-source", "--test", join(folder, "functions.test.ts")];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  assert.equal(code, 0, output);
  assert.match(output, /pass 4/);
});

const rows = [...page.matchAll(/^\| (`[A-Z_`, ]+`) \| (?:`(.+?)`|) \|/gm)];

test("every code of a refusal is on the page, and no other", () => {
  const source = readFileSync(join(root, "src/compiler/compile-error.ts"), "utf8");
  const known = [...source.matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map(([, code]) => code!);
  const documented = rows.flatMap(([, codes]) => codes!.match(/[A-Z_]{5,}/g)!);
  assert(known.length > 10);
  assert.deepEqual(documented.toSorted(), known.toSorted());
});

for (const [, codes, example] of rows) {
  if (!example) continue;
  test(`refused as the page says: ${example}`, () => {
    assert.throws(
      () => compileFile(example, { moduleId: "functions.ts" }),
      (error: unknown) => {
        assert(error instanceof CompileError);
        assert(codes!.includes(error.code), error.message);
        return true;
      },
    );
  });
}
