import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { run, serve, temporaryFolder } from "../src/cli/cli.test-support.ts";
import * as sdk from "../src/index.ts";

const guide = readFileSync("docs/functions.md", "utf8");

test("the guide's functions run as it says", async () => {
  using folder = temporaryFolder();
  const [, source] = /^```ts\n(\/\/ functions\.ts[\s\S]*?)^```/m.exec(guide)!;
  writeFileSync(join(folder.path, "functions.ts"), source!);
  await using service = await serve(["functions.ts"], { cwd: folder.path });
  const { out } = await run(["call", "fulfil", '"A7"', "--url", service.url]);
  assert.equal(out.trim(), '"A7-250: remember A7"');
});

test("a call that is not awaited is not made, and the log says so; .dispatch() is made", async () => {
  using folder = temporaryFolder();
  const [, source] = /^```ts\n(\/\/ notify\.ts[\s\S]*?)^```/m.exec(guide)!;
  writeFileSync(join(folder.path, "notify.ts"), source!);
  await using service = await serve(["notify.ts"], { cwd: folder.path });
  const call = async (name: string) => (await run(["call", name, '"A7"', "--url", service.url])).out.trim();
  assert.equal(await call("forgets"), '"done"');
  const line = await service.logged(/ended without awaiting/);
  assert.equal(
    line.msg,
    "in a thread: forgets ended without awaiting its call of notify, which is not made: await it, or use .dispatch()",
  );
  assert.equal(line.level, 40);
  assert.equal(line.function, "forgets");
  assert.match(String(line.dispatchId), /./);
  assert.equal(await call("firesAndForgets"), '"done"');
  const seen = async () =>
    (await run(["calls", "list", "--function", "notify", "--json", "--url", service.url])).out;
  const made = JSON.parse(await seen()) as { function: string }[];
  assert.equal(made.length, 1);
});

test("the guide's table of failures says what the SDK decides", () => {
  const { Status } = sdk;
  const withCode = (code: string) => Object.assign(new Error(code), { code, errno: -1, syscall: "connect" });
  const cases: [unknown, number][] = [
    [new sdk.TemporaryError("x"), Status.TEMPORARY_ERROR],
    [new sdk.ThrottleError("x"), Status.THROTTLED],
    [new sdk.TimeoutError("x"), Status.TIMEOUT],
    [withCode("ECONNREFUSED"), Status.TCP_ERROR],
    [new Error("x"), Status.PERMANENT_ERROR],
    [new TypeError("x"), Status.INVALID_ARGUMENT],
    [new RangeError("x"), Status.INVALID_ARGUMENT],
    [withCode("ENOENT"), Status.NOT_FOUND],
    [withCode("EACCES"), Status.PERMISSION_DENIED],
  ];
  for (const [error, status] of cases) {
    assert.equal(sdk.Output.error(error).status, status, String(error));
    assert.ok(guide.includes(Status[status]!), Status[status]);
  }
});
