import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { RunResponseSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import { failureResponse, guiltyResponse, POOL_ERROR_TYPES } from "./failure-response.ts";

const page = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf8");

test("the page of errors has each error type, and no other", () => {
  const named = Array.from(page.matchAll(/^\| `(\w+)` \| (\w+) \|/gm), ([, type]) => type);
  assert.deepEqual(named.toSorted(), POOL_ERROR_TYPES.toSorted());
});

test("the page names the status that the run which ended its thread is answered with", () => {
  for (const reason of ["blocked", "out-of-memory", "exit", "uncaught", "unknown"] as const) {
    const death = { reason, text: "because", culpritId: undefined, executing: undefined };
    const { status, directive } = fromBinary(RunResponseSchema, guiltyResponse("f", death));
    const error = directive.case === "exit" ? directive.value.result?.error : undefined;
    assert.equal(error?.message, "function 'f' ended its thread: because");
    assert.ok(page.includes(`| \`${error.type}\` | ${Status[status]} |`), `${error.type} ${Status[status]}`);
  }
});

test("the status leads the message, where the front reads it without decoding", () => {
  assert.deepEqual(
    [...failureResponse(Status.TIMEOUT, "RunTimeout", "x").subarray(0, 2)],
    [8, Status.TIMEOUT],
  );
});
