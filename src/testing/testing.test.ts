/** The examples of docs/testing.md are this module's tests. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the examples in docs/testing.md pass as they stand", async () => {
  const text = await readFile(join(root, "docs/testing.md"), "utf8");
  const files = [...text.matchAll(/```ts file=(\S+)\n(.*?)```/gs)];
  assert.deepEqual(
    files.map(([, name]) => name),
    ["functions.ts", "functions.test.ts"],
  );
  // Inside the package, so that its own name resolves.
  const folder = await mkdtemp(join(root, "test/tmp-testing-"));
  try {
    for (const [, name, code] of files) await writeFile(join(folder, name!), code!);
    const args = ["--conditions=dispatch-source", "--test", join(folder, "functions.test.ts")];
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const [code] = await once(child, "close");
    assert.equal(code, 0, output);
    assert.match(output, /pass 4/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
