import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./program.ts", import.meta.url));

async function start(t: TestContext, task: string) {
  const folder = await mkdtemp(join(tmpdir(), "dispatch-program-"));
  const { DISPATCH_ENDPOINT_URL: _1, DISPATCH_API_URL: _2, DISPATCH_API_KEY: _3, ...env } = process.env;
  const args = ["--conditions=dispatch-source", "--disable-warning=ExperimentalWarning", program];
  const child = spawn(process.execPath, [...args, join(folder, "store.sqlite"), task], { env, cwd: folder });
  t.after(() => rm(folder, { recursive: true, force: true }));
  t.after(() => child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const lines = createInterface(child.stdout);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, lines, ended, stderr: () => stderr };
}

test("dispatch.run serves the program's own functions on threads, and ends with the program", async (t) => {
  const { lines, ended, stderr } = await start(t, "run");
  const printed: string[] = [];
  lines.on("line", (line) => printed.push(line));
  assert.equal(await ended, 0, stderr());
  assert.deepEqual(printed, ["in the main thread: false", "result: 20"]);
});

test("what main throws ends the program, and the service with it", async (t) => {
  const { ended, stderr } = await start(t, "throw");
  assert.equal(await ended, 1);
  assert.match(stderr(), /Error: from main/);
});

test("dispatch.serve stops in order when a signal comes", async (t) => {
  const { child, lines, ended, stderr } = await start(t, "serve");
  const printed: string[] = [];
  lines.on("line", (line) => printed.push(line));
  for await (const line of createInterface(child.stderr)) {
    if (line.includes("listening on")) child.kill("SIGTERM");
  }
  assert.equal(await ended, 0, stderr());
  assert.deepEqual(printed, ["served"]);
});
