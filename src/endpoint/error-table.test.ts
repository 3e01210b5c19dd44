import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { httpStatusOfCode, isConnectCode } from "../wire/connect-error.ts";
import { head, parseRaw, refusal, runRequest, setupEndpoint } from "./endpoint.test-support.ts";

interface Row {
  status: number;
  code: string;
  message: string;
}

const page = readFileSync(new URL("../../docs/reference/endpoint.md", import.meta.url), "utf8");
const rows: readonly Row[] = [...page.matchAll(/^\| (\d{3}) \| `(\w+)` \| (.+?) \| .*\|$/gm)].map(
  ([, status, code, message]) => ({ status: Number(status), code: code!, message: message! }),
);

test("the table of errors has codes of the Connect protocol with their HTTP status", () => {
  assert.ok(rows.length > 10);
  for (const { status, code } of rows) {
    assert.ok(isConnectCode(code), code);
    // A request that took too long has a status of its own in HTTP.
    assert.equal(status, code === "deadline_exceeded" ? 408 : httpStatusOfCode(code), code);
  }
});

test("errors that a client can cause stand in the table word for word", async () => {
  await using endpoint = await setupEndpoint({ bodyLimitBytes: 1_000, requestTimeoutMs: 100 });
  const raw = async (text: string) => {
    const { status, body } = parseRaw(await endpoint.raw(text));
    return { status, ...(JSON.parse(body) as { code: string; message: string }) };
  };
  const caused = [
    await raw(head(["Connection: close"])),
    await raw(head(["Content-Length: -1"])),
    await raw(head(["Content-Length: 1001"])),
    await raw("nonsense\r\n\r\n"),
    await raw(head(["Content-Length: 10"])),
    await refusal(await endpoint.post(new Uint8Array())),
    await refusal(await endpoint.post(runRequest({ directive: "none" }))),
    await refusal(await endpoint.post(runRequest({ function: "x" }))),
    await refusal(await fetch(`${endpoint.url}/x`)),
    await refusal(await endpoint.post(runRequest(), { "content-encoding": "x" })),
  ];
  for (const { status, code, message } of caused) {
    const found = rows.some((row) => row.status === status && row.code === code && row.message === message);
    assert.ok(found, `${status} ${code} ${message} is not in docs/reference/endpoint.md`);
  }
});
