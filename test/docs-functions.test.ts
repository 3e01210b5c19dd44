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
