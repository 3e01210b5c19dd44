import assert from "node:assert/strict";
import { test } from "node:test";
import { writeAny } from "../../wire/hot-path/index.ts";
import { encodeArguments, encodeValue } from "../../wire/values/index.ts";
import { DETAILS, KEY, setup } from "./api.test-support.ts";

const PATH = "/dispatch.control.v1/Values";
const headers = { authorization: `Bearer ${KEY}` };

test("what a browser cannot decode is text: dates, maps, and what does not decode its type and size", async (t) => {
  const { scheduler, app } = await setup(t);
  const values = async () => (await app.inject({ url: `${PATH}?dispatchId=call-1`, headers })).json();
  assert.deepEqual(await values(), {});
  scheduler.details = {
    ...DETAILS,
    input: writeAny(encodeArguments([new Date(0), "tea"])),
    output: writeAny(encodeValue(new Map([["paidAt", new Date(0)]]))),
  };
  assert.deepEqual(await values(), {
    input: '1970-01-01T00:00:00.000Z, "tea"',
    output: "Map(1) { 'paidAt' => 1970-01-01T00:00:00.000Z }",
  });
  const typeUrl = "type.googleapis.com/google.protobuf.Int64Value";
  scheduler.details = { ...DETAILS, output: writeAny({ typeUrl, value: Uint8Array.of(255) } as never) };
  assert.deepEqual(await values(), { output: `(${typeUrl}, 1 bytes)` });
});

test("without a key, an id or a call that is known, they are refused", async (t) => {
  const { app } = await setup(t);
  const statusOf = async (query: string, sent = headers as Record<string, string>) =>
    (await app.inject({ url: `${PATH}${query}`, headers: sent })).statusCode;
  assert.equal(await statusOf("?dispatchId=call-1", {}), 401);
  for (const query of ["", "?dispatchId=", "?dispatchId=call-1&dispatchId=call-1"])
    assert.equal(await statusOf(query), 400, query);
  assert.equal(await statusOf("?dispatchId=nobody"), 404);
});
