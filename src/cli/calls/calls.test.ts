import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { resolveConfig } from "../../config/index.ts";
import { type Service, startService } from "../../service.ts";
import { EXIT } from "../exit-codes.ts";
import { runCommand } from "../main.ts";

const FUNCTIONS = new URL("../../../test/durability/functions.ts", import.meta.url).href;
const plain = (text: string) => text;
const colors = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };
const folder = mkdtempSync(join(tmpdir(), "dispatch-cli-"));
let service: Service;

before(async () => {
  const { config } = resolveConfig({
    flags: { endpointAddr: "127.0.0.1:0", storePath: join(folder, "dispatch.db"), apiKeys: ["key-1"] },
  });
  const logger = pino({ level: "silent" });
  service = await startService({ config, modules: [FUNCTIONS], logger, runner: "in-process" });
});

after(async () => {
  await service.stop("tests over");
  rmSync(folder, { recursive: true, force: true });
});

/** A command line against the service, with its key. */
async function command(line: readonly string[], env: Record<string, string> = { DISPATCH_API_KEY: "key-1" }) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCommand(line, {
    env: { DISPATCH_API_URL: service.url, ...env },
    cwd: folder,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    colors,
  });
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}

const dispatched = async (...line: string[]) => (await command(["call", "--no-wait", ...line])).out;

test("a call goes through the scheduler and prints its result", async () => {
  assert.deepEqual(await command(["call", "greet", '"World"']), {
    exitCode: 0,
    out: '"Hello, World!"',
    err: "",
  });
  const { out } = await command(["call", "greet", '"World"', "--json"]);
  assert.deepEqual(JSON.parse(out), { status: "OK", output: "Hello, World!" });
});

test("a call that fails exits with 1 and says why", async () => {
  const { exitCode, err } = await command(["call", "refuse", '"no"']);
  assert.equal(exitCode, EXIT.failed);
  assert.match(err, /^INVALID_ARGUMENT: TypeError: no\ncall [\w-]+$/);
});

test("a call with a key that was used is the earlier call", async () => {
  const first = await dispatched("greet", '"you"', "--idempotency-key", "once");
  assert.equal(await dispatched("greet", '"you"', "--idempotency-key", "once"), first);
  assert.notEqual(await dispatched("greet", '"you"', "--idempotency-key", "twice"), first);
});

test("list shows calls by function and state, as a table and as JSON", async () => {
  const id = await dispatched("refuse", '"listed"');
  await command(["calls", "wait", id]);
  const { out } = await command([
    "calls",
    "list",
    "--function",
    "refuse",
    "--state",
    "failed",
    "--since",
    "1h",
  ]);
  assert.match(out, /^ID +FUNCTION +STATE +RUNS +CREATED \(UTC\) +DURATION\n/);
  assert.match(out, new RegExp(`^${id} +refuse +failed +1 +\\d{4}-`, "m"));
  const json = JSON.parse((await command(["calls", "list", "--limit", "1", "--json"])).out);
  assert.equal(json.length, 1);
  assert.equal((await command(["calls", "list", "--function", "nobody"])).out, "no calls");
  const { out: earlier } = await command(["calls", "list", "--until", "2020-01-01"]);
  assert.equal(earlier, "no calls");
});

test("get shows input and result, events the story", async () => {
  const id = await dispatched("greet", '"World"');
  await command(["calls", "wait", id]);
  const { out } = await command(["calls", "get", id]);
  assert.match(out, /^state +succeeded$/m);
  assert.match(out, /^input +"World"$/m);
  assert.match(out, /^result +"Hello, World!"$/m);
  const json = JSON.parse((await command(["calls", "get", id, "--json"])).out);
  assert.equal(json.result.output.value, "Hello, World!");
  const events = await command(["calls", "events", id]);
  assert.match(events.out, /dispatched.*\n.*ended +1 +OK/s);
});

test("tree shows a call with nothing below it", async () => {
  const id = await dispatched("greet", '"World"');
  await command(["calls", "wait", id]);
  assert.match((await command(["calls", "tree", id])).out, new RegExp(`^greet succeeded \\S+ ${id}$`));
  assert.equal(JSON.parse((await command(["calls", "tree", id, "--json"])).out).call.dispatchId, id);
});

test("wait gives up after its time, cancel ends the call, retry runs it again", async () => {
  const id = await dispatched("hang");
  const waited = await command(["calls", "wait", id, "--timeout-ms", "20"]);
  assert.equal(waited.exitCode, EXIT.failed);
  assert.match(waited.err, /has not ended after 20 ms/);
  assert.equal((await command(["calls", "cancel", id])).exitCode, 0);
  const ended = await command(["calls", "wait", id]);
  assert.equal(ended.exitCode, EXIT.failed);
  const retried = await command(["calls", "retry", id, "--json"]);
  assert.equal(JSON.parse(retried.out)[0].dispatchId, id);
  await command(["calls", "cancel", id]);
});

test("several ids are done one after the other, and one that fails does not stop the rest", async () => {
  const id = await dispatched("hang");
  const { exitCode, out, err } = await command(["calls", "cancel", "nobody", id]);
  assert.equal(exitCode, EXIT.failed);
  assert.match(err, /^nobody: /);
  assert.match(out, new RegExp(`^${id} cancel`));
});

test("a backup is a whole store, and never takes the place of a file", async () => {
  const { exitCode, out } = await command(["backup", "copy.db"]);
  assert.equal(exitCode, 0);
  const file = join(folder, "copy.db");
  assert.equal(out, `${statSync(file).size} bytes written to copy.db`);
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  const copy = new DatabaseSync(file, { readOnly: true });
  assert.deepEqual({ ...copy.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
  copy.close();
  const again = await command(["backup", "copy.db"]);
  assert.equal(again.exitCode, EXIT.usage);
  assert.match(again.err, /copy\.db exists already/);
});

test("a service is asked with a key, and says when it is missing or wrong", async () => {
  for (const env of [{}, { DISPATCH_API_KEY: "wrong" }] as Record<string, string>[]) {
    for (const line of [
      ["calls", "list"],
      ["call", "greet", '"x"'],
      ["backup", "unused.db"],
    ]) {
      const { exitCode, err } = await command(line, env);
      assert.equal(exitCode, EXIT.failed);
      assert.match(err, /hint: set DISPATCH_API_KEY/);
    }
  }
});

test("command lines that cannot be say what is wrong with them", async () => {
  const cases: [string[], RegExp][] = [
    [["calls", "list", "--state", "sleeping"], /'sleeping' is no state/],
    [["calls", "list", "--since", "yesterday"], /'yesterday' is no time/],
    [["calls", "list", "--limit", "0"], /--limit must be/],
    [["calls", "wait", "x", "--timeout-ms", "soon"], /--timeout-ms must be/],
    [["call", "greet", "World"], /is not JSON/],
    [["call", "greet", "--delay-ms", "-5"], /--delay-ms must be/],
  ];
  for (const [line, message] of cases) {
    const { exitCode, err } = await command(line);
    assert.equal(exitCode, EXIT.usage, line.join(" "));
    assert.match(err, message);
  }
});

test("nobody listening exits with 3", async () => {
  const env = { DISPATCH_API_URL: "http://127.0.0.1:1", DISPATCH_API_KEY: "key-1" };
  for (const line of [
    ["calls", "list"],
    ["call", "greet", '"x"'],
    ["backup", "unused.db"],
  ]) {
    assert.equal((await command(line, env)).exitCode, EXIT.unreachable, line.join(" "));
  }
});

test("a store that cannot be opened ends serve with what to do about it, and is left as it is", async () => {
  const file = join(folder, "not-a-store.db");
  writeFileSync(file, "this is a text, and no database at all".repeat(50));
  const size = statSync(file).size;
  const { exitCode, err } = await command([
    "serve",
    new URL(FUNCTIONS).pathname,
    "--in-process",
    "--endpoint-addr",
    "127.0.0.1:0",
    "--store-path",
    file,
    "--scheduler",
    "on",
    "--log-level",
    "silent",
  ]);
  assert.equal(exitCode, EXIT.failed);
  assert.match(err, /error: corrupted: .*not-a-store\.db/);
  assert.match(err, /hint: restore a backup/);
  assert.equal(statSync(file).size, size);
});

test("an address that others reach needs a key", async () => {
  const { exitCode, err } = await command(
    [
      "serve",
      new URL(FUNCTIONS).pathname,
      "--in-process",
      "--endpoint-addr",
      "0.0.0.0:0",
      "--scheduler",
      "on",
    ],
    {},
  );
  assert.equal(exitCode, EXIT.usage);
  assert.match(err, /opens the Dispatch API to other machines: set apiKeys/);
});

test("keys are made in the forms that the options take", async () => {
  const { out } = await command(["keys", "new"]);
  assert.match(
    out,
    /^DISPATCH_SIGNING_KEY=[A-Za-z0-9+/]{43}=\nDISPATCH_VERIFICATION_KEY=[A-Za-z0-9+/]{43}=$/,
  );
  assert.match(
    (await command(["keys", "new", "--pem"])).out,
    /^DISPATCH_SIGNING_KEY="-----BEGIN PRIVATE KEY-----\\n/,
  );
  assert.match((await command(["keys", "api"])).out, /^DISPATCH_API_KEY=[\w-]{43}$/);
});
