import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { RESULT_FORMAT } from "./harness/result.ts";

function run(script: string, ...args: string[]) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const argv = ["--conditions=dispatch-source", "--disable-warning=ExperimentalWarning", file, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("bench takes the sizes it knows, and no other", () => {
  const { status, stderr } = run("index.ts", "--size", "huge", "--list");
  assert.match(stderr, /argument 'huge' is invalid\. Allowed choices are smoke, real\./);
  assert.equal(status, 1);
});

test("bench:compare names a file that is no result, and refuses results of different sizes", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const resultOf = (size: string) => ({ format: RESULT_FORMAT, size, machine: {}, measurements: [] });
  const [real, smoke] = [write("real", resultOf("real")), write("smoke", resultOf("smoke"))];
  for (const [files, message] of [
    [[real, join(folder, "none")], /^error: .*none is not a bench result: ENOENT.*\n$/],
    [[write("wrong", {}), real], /^error: .*wrong is not a bench result of format \d+\n$/],
    [[real, smoke], /^error: the results are of different sizes, real and smoke: .*\n$/],
  ] as const) {
    const { status, stderr } = run("compare.ts", ...files);
    assert.match(stderr, message);
    assert.equal(status, 2);
  }
  assert.equal(run("compare.ts", real, real).status, 0);
});
