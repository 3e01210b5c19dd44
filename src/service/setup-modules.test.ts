import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { ConfigError, resolveConfig } from "../config/index.ts";
import { ThreadStartError } from "../pool/index.ts";
import { startService } from "../service.ts";

/** A setup module that writes down what becomes of it, where, and in which order. */
const NOTES = `
  import { appendFileSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  const note = (what) => appendFileSync(new URL("notes", import.meta.url), (isMainThread ? "process " : "thread ") + what + "\\n");
`;

function setup(t: TestContext, files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-setup-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const setupModules = Object.keys(files)
    .filter((name) => name.startsWith("setup"))
    .map((name) => join(folder, name));
  const functions = join(folder, "functions.mjs");
  const warnings: string[] = [];
  return {
    folder,
    warnings,
    notes: () => readFileSync(join(folder, "notes"), "utf8").trim().split("\n"),
    async start() {
      const flags = {
        endpointAddr: "127.0.0.1:0",
        storePath: ":memory:",
        adminAddr: "off",
        threadsMax: 1,
        setupModules,
      };
      const { config } = resolveConfig({ flags });
      const logger = pino({ level: "warn" }, { write: (line) => void warnings.push(JSON.parse(line).msg) });
      const service = await startService({ config, modules: [functions], logger });
      t.after(() => service.stop("test over"));
      return service;
    },
  };
}

test("setup modules are loaded by the process and each thread before the functions, and shut down at the end", async (t) => {
  const { start, notes } = setup(t, {
    "setup1.mjs": `${NOTES} export const setup = () => note("sets up"); export const shutdown = async () => note("shuts down");`,
    "setup2.mjs": `${NOTES} note("is loaded");`,
    "functions.mjs": `${NOTES} note("loads functions");`,
  });
  const service = await start();
  await service.stop("test");
  assert.deepEqual(notes(), [
    "process sets up",
    "process is loaded",
    "thread sets up",
    "thread is loaded",
    "thread loads functions",
    "thread shuts down",
    "process shuts down",
  ]);
});

test("a setup module that cannot be loaded is named, and nothing is started", async (t) => {
  const { start } = setup(t, { "setup.mjs": `throw new Error("no collector");`, "functions.mjs": "" });
  await assert.rejects(start(), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^setupModules: cannot load .*setup\.mjs: no collector$/);
    return true;
  });
});

test("a setup module that is not there is named", async (t) => {
  const { start, folder } = setup(t, { "setup.mjs": "", "functions.mjs": "" });
  rmSync(join(folder, "setup.mjs"));
  await assert.rejects(start(), {
    name: "ConfigError",
    message: `setupModules: ${join(folder, "setup.mjs")} does not exist`,
  });
});

test("one that fails in a thread alone keeps the thread from starting", async (t) => {
  const { start } = setup(t, {
    "setup.mjs": `import { isMainThread } from "node:worker_threads"; if (!isMainThread) throw new Error("not here");`,
    "functions.mjs": "",
  });
  await assert.rejects(
    start(),
    (error) => error instanceof ThreadStartError && /not here/.test(error.message),
  );
});

test("a shutdown that fails is told, and the service stops all the same", async (t) => {
  const { start, warnings } = setup(t, {
    "setup.mjs": `export function shutdown() { throw new Error("nobody listens"); }`,
    "functions.mjs": "",
  });
  const service = await start();
  await service.stop("test");
  const told = warnings.filter((message) => /could not shut down: nobody listens/.test(message));
  assert.equal(told.length, 2, "one of the thread, one of the process");
});
