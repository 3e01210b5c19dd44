import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { pino } from "pino";
import { resolveConfig } from "../src/config/index.ts";
import { startService } from "../src/service.ts";
import { ConnectError, isConnectCode } from "../src/wire/connect-error.ts";

const PAGE = readFileSync(new URL("../docs/reference/api.md", import.meta.url), "utf8");

interface Example {
  readonly command: string;
  readonly kind: "json" | "text";
  readonly expected: string;
}

/** Every command of the page with the block after it, which is what it prints. */
function examples(): Example[] {
  const blocks = PAGE.matchAll(/```sh\n(?<command>.*?)```\n```(?<kind>json|text)\n(?<expected>.*?)```/gs);
  return [...blocks].map(({ groups }) => groups as unknown as Example);
}

/** `…` matches any text. */
function assertLike(actual: unknown, expected: unknown, path = "answer"): void {
  if (expected === "…") {
    assert.equal(typeof actual, "string", path);
    return;
  }
  if (typeof expected !== "object" || expected === null) {
    assert.deepEqual(actual, expected, path);
    return;
  }
  assert.ok(typeof actual === "object" && actual !== null, `${path}: ${JSON.stringify(actual)}`);
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), path);
  for (const [key, value] of Object.entries(expected)) {
    assertLike((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
  }
}

const shell = promisify(execFile);

test("every curl example of the API's reference prints what the page says", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-api-docs-"));
  const { config } = resolveConfig({
    flags: { endpointAddr: "127.0.0.1:0", storePath: join(folder, "dispatch.db") },
  });
  const service = await startService({
    config,
    modules: [new URL("../examples/functions.ts", import.meta.url).href],
    logger: pino({ level: "silent" }),
    runner: "in-process",
  });
  t.after(async () => {
    await service.stop("test over");
    rmSync(folder, { recursive: true, force: true });
  });
  let id = "";
  const all = examples();
  assert.equal(all.length, PAGE.match(/```sh/g)?.length, "every command has its output");
  for (const { command, kind, expected } of all) {
    const own = (text: string) => text.replaceAll("http://localhost:8000", service.url);
    const { stdout } = await shell("bash", ["-c", own(command)], { env: { ...process.env, ID: id } });
    if (kind === "text") assert.equal(stdout.trim(), expected.trim(), command);
    else assertLike(JSON.parse(stdout), JSON.parse(own(expected)), command);
    // Later examples look at the call that the first one made.
    if (id === "" && kind === "json") id = JSON.parse(stdout).dispatchIds[0];
  }
});

test("the table of errors has every code with its HTTP status", () => {
  const rows = [...PAGE.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
  assert.ok(rows.length >= 10);
  for (const [, code, status] of rows) {
    assert.ok(isConnectCode(code), code);
    assert.equal(new ConnectError(code, "").httpStatus, Number(status), code);
  }
});
