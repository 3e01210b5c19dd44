import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, Int64ValueSchema } from "@bufbuild/protobuf/wkt";
import { CallState } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import {
  GetRequestSchema,
  GetResponseSchema,
  WaitRequestSchema,
  WaitResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { writeAny } from "../../wire/hot-path/index.ts";
import { Status } from "../../wire/status.ts";
import { SchedulerError } from "../errors.ts";
import { encodeError } from "../wire/error.ts";
import { CONTROL, DETAILS, setup } from "./api.test-support.ts";

test("Get gives a call with its input and result, as protobuf and as JSON", async (t) => {
  const { scheduler, post, postJson } = await setup(t);
  scheduler.details = {
    ...DETAILS,
    state: "failed",
    status: Status.TIMEOUT,
    input: writeAny(anyPack(Int64ValueSchema, create(Int64ValueSchema, { value: 7n }))),
    error: encodeError("TimeoutError", "too slow"),
  };
  const request = toBinary(GetRequestSchema, create(GetRequestSchema, { dispatchId: "call-1" }));
  const response = await post(`${CONTROL}/Get`, request);
  const call = fromBinary(GetResponseSchema, response.rawPayload).call!;
  assert.equal(call.info?.state, CallState.FAILED);
  assert.equal(call.info.status, Status.TIMEOUT);
  assert.equal(call.result?.error?.message, "too slow");

  const { status, body } = await postJson(`${CONTROL}/Get`, { dispatchId: "call-1" });
  assert.equal(status, 200);
  assert.deepEqual(body.call.info, {
    dispatchId: "call-1",
    rootDispatchId: "call-1",
    endpoint: "http://localhost:8000",
    function: "greet",
    state: "CALL_STATE_FAILED",
    status: "STATUS_TIMEOUT",
    attempts: 1,
    creationTime: "2023-11-14T22:13:20.123Z",
    endTime: "2023-11-14T22:13:21Z",
  });
  assert.deepEqual(body.call.input, {
    "@type": "type.googleapis.com/google.protobuf.Int64Value",
    value: "7",
  });
  assert.deepEqual(body.call.result, {
    dispatchId: "call-1",
    error: { type: "TimeoutError", message: "too slow" },
  });
});

test("a value that this service cannot open is shown as its bytes", async (t) => {
  const { scheduler, postJson } = await setup(t);
  for (const typeUrl of ["example.com/acme.Order", "type.googleapis.com/google.protobuf.Int64Value", ""]) {
    scheduler.details = { ...DETAILS, output: writeAny({ typeUrl, value: Uint8Array.of(255) } as never) };
    const { status, body } = await postJson(`${CONTROL}/Get`, { dispatchId: "call-1" });
    assert.equal(status, 200);
    assert.deepEqual(body.call.result.output, {
      "@type": "type.googleapis.com/dispatch.control.v1.OpaqueValue",
      ...(typeUrl === "" ? {} : { typeUrl }),
      value: "/w==",
    });
  }
});

test("a call that has not ended has no result", async (t) => {
  const { scheduler, postJson } = await setup(t);
  scheduler.details = {
    ...DETAILS,
    state: "suspended",
    finishedAtMs: undefined,
    status: undefined,
    wakeAtMs: 5,
  };
  const { body } = await postJson(`${CONTROL}/Get`, { dispatchId: "call-1" });
  assert.equal(body.call.result, undefined);
  assert.equal(body.call.info.status, undefined);
  assert.equal(body.call.info.wakeTime, "1970-01-01T00:00:00.005Z");
});

test("Wait answers with the result, or with nothing when its timeout passes first", async (t) => {
  const { post, postJson } = await setup(t);
  const { body } = await postJson(`${CONTROL}/Wait`, { dispatchId: "call-1" });
  assert.equal(body.result.correlationId, "7");
  assert.equal(body.call.state, "CALL_STATE_SUCCEEDED");
  const request = create(WaitRequestSchema, { dispatchId: "pending", timeout: { nanos: 20_000_000 } });
  const response = await post(`${CONTROL}/Wait`, toBinary(WaitRequestSchema, request));
  assert.equal(response.statusCode, 200);
  assert.equal(fromBinary(WaitResponseSchema, response.rawPayload).result, undefined);
});

test("Wait ends inside when the client hangs up", async (t) => {
  const { app, scheduler } = await setup(t);
  const aborted = Promise.withResolvers<unknown>();
  const began = Promise.withResolvers<void>();
  scheduler.wait = (_id, signal) =>
    new Promise((_, reject) => {
      signal!.addEventListener("abort", () => {
        aborted.resolve(signal!.reason);
        reject(signal!.reason);
      });
      began.resolve();
    });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const client = new AbortController();
  const request = fetch(`${url}${CONTROL}/Wait`, {
    method: "POST",
    headers: { authorization: "Bearer secret-1", "content-type": "application/json" },
    body: '{"dispatchId":"pending"}',
    signal: client.signal,
  });
  await began.promise;
  client.abort();
  await assert.rejects(request);
  assert.match(String(await aborted.promise), /hung up/);
});

test("List passes its filters on and gives a page with the next one's token", async (t) => {
  const { scheduler, postJson } = await setup(t);
  const { body } = await postJson(`${CONTROL}/List`, {
    function: "greet",
    states: ["CALL_STATE_RUNNING", "CALL_STATE_FAILED"],
    parentDispatchId: "p",
    rootDispatchId: "r",
    createdAfter: "2024-01-01T00:00:00Z",
    createdBefore: "2024-01-02T00:00:00Z",
    pageSize: 5,
    pageToken: "token",
  });
  assert.equal(body.calls.length, 1);
  assert.equal(body.nextPageToken, "next");
  await postJson(`${CONTROL}/List`, {});
  const nothing = { function: undefined, states: undefined, parentId: undefined, rootId: undefined };
  assert.deepEqual(scheduler.lists, [
    {
      function: "greet",
      states: ["running", "failed"],
      parentId: "p",
      rootId: "r",
      createdFromMs: Date.UTC(2024, 0, 1),
      createdToMs: Date.UTC(2024, 0, 2),
      pageSize: 5,
      pageToken: "token",
    },
    {
      ...nothing,
      createdFromMs: undefined,
      createdToMs: undefined,
      pageSize: undefined,
      pageToken: undefined,
    },
  ]);
});

test("Events gives the call's story", async (t) => {
  const { postJson } = await setup(t);
  const { body } = await postJson(`${CONTROL}/Events`, { dispatchId: "call-1" });
  assert.deepEqual(body.events, [
    {
      time: "1970-01-01T00:00:00.005Z",
      type: "attempt_failed",
      attempt: 1,
      status: "STATUS_TIMEOUT",
      message: "slow",
    },
  ]);
});

test("Cancel and Retry answer with the call, and with why not", async (t) => {
  const { scheduler, postJson } = await setup(t);
  for (const method of ["Cancel", "Retry"]) {
    const { body } = await postJson(`${CONTROL}/${method}`, { dispatchId: "call-1" });
    assert.equal(body.call.dispatchId, "call-1");
  }
  scheduler.failing = new SchedulerError("failed_precondition", "the call is running");
  const { status, body } = await postJson(`${CONTROL}/Retry`, { dispatchId: "call-1" });
  assert.equal(status, 400);
  assert.deepEqual(body, { code: "failed_precondition", message: "the call is running" });
});

test("requests that cannot be answered say what is wrong with them", async (t) => {
  const { postJson } = await setup(t);
  const cases: [string, object | string, number, RegExp][] = [
    ["Get", {}, 400, /dispatch_id is required/],
    ["Wait", {}, 400, /dispatch_id is required/],
    ["Wait", { dispatchId: "call-1", timeout: "-1s" }, 400, /timeout is negative/],
    ["Get", { dispatchId: "nobody" }, 404, /nobody/],
    ["Cancel", { dispatchId: "nobody" }, 404, /nobody/],
    ["Retry", { dispatchId: "nobody" }, 404, /nobody/],
    ["Events", { dispatchId: "nobody" }, 404, /nobody/],
    ["List", { pageSize: -1 }, 400, /page_size is -1/],
    ["List", { pageSize: 1001 }, 400, /page_size is 1001/],
    ["List", { states: [99] }, 400, /states holds 99/],
    ["List", { states: ["CALL_STATE_UNSPECIFIED"] }, 400, /states holds 0/],
    ["List", { states: ["RUNNING"] }, 400, /malformed ListRequest/],
    ["List", { createdAfter: "yesterday" }, 400, /malformed ListRequest/],
    ["List", "{", 400, /malformed ListRequest/],
    ["Get", { id: "x" }, 400, /malformed GetRequest/],
  ];
  for (const [method, message, expected, text] of cases) {
    const { status, body } = await postJson(`${CONTROL}/${method}`, message);
    assert.equal(status, expected, JSON.stringify(message));
    assert.match(body.message, text);
  }
});
