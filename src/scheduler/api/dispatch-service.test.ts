import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, StringValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { StoreError } from "../../store/index.ts";
import { CallOptionsSchema } from "../../wire/gen/dispatch/sdk/node/v1/options_pb.js";
import { CallResultSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { DispatchRequestSchema, DispatchResponseSchema } from "../../wire/gen/dispatch/sdk/v1/dispatch_pb.js";
import { call, durationOf, readAny, writeDispatchRequest } from "../../wire/hot-path/index.ts";
import { DestinationPolicy, LOCAL_ENDPOINT } from "../delivery/index.ts";
import { SchedulerError } from "../errors.ts";
import { DISPATCH, setup, WAIT } from "./api.test-support.ts";

const valid = call({ function: "greet", endpoint: "http://localhost:8000" });
const batch = (...calls: Parameters<typeof writeDispatchRequest>[0]["calls"]) =>
  writeDispatchRequest({ calls });

async function refused(
  t: TestContext,
  payload: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string; message: string }> {
  const { scheduler, post } = await setup(t);
  const response = await post(DISPATCH, payload, headers);
  assert.equal(scheduler.batches.length, 0, "nothing of a refused batch reaches the scheduler");
  assert.match(String(response.headers["content-type"]), /^application\/json/);
  return { status: response.statusCode, ...response.json() };
}

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a call without a trace of its own is in that of the request, and a malformed one is none", async (t) => {
  const { scheduler, post } = await setup(t);
  const inTrace = (traceparent: string) => ({
    ...valid,
    options: create(CallOptionsSchema, { trace: { traceparent } }),
  });
  const named = inTrace(TRACE);
  const malformed = inTrace("00-not-a-trace");
  const other = TRACE.replace("0af7", "1bf7");
  for (const headers of [{ traceparent: other, tracestate: "c=d" }, { traceparent: "??" }, {}]) {
    const response = await post(DISPATCH, batch(valid, named, malformed), headers);
    assert.equal(response.statusCode, 200);
  }
  assert.deepEqual(
    scheduler.batches.map((calls) => calls.map(({ trace }) => trace)),
    [
      [`${other} c=d`, TRACE, `${other} c=d`],
      [null, TRACE, null],
      [null, TRACE, null],
    ],
  );
});

test("a batch of calls is answered with their ids, in order", async (t) => {
  const { scheduler, post } = await setup(t);
  const first = toBinary(
    DispatchRequestSchema,
    create(DispatchRequestSchema, {
      calls: [
        {
          correlationId: 9n,
          endpoint: "http://localhost:8000",
          function: "greet",
          input: anyPack(StringValueSchema, create(StringValueSchema, { value: "World" })),
          expiration: { seconds: 60n, nanos: 500_000_000 },
          version: "v1",
          options: {
            delay: { seconds: 2n },
            idempotencyKey: "mine",
            priority: -7,
            trace: { traceparent: TRACE, tracestate: "a=b" },
            retry: {
              attemptsMax: 3,
              firstDelay: { nanos: 50_000_000 },
              factor: 1.5,
              delayMax: { seconds: 9n },
            },
          },
        },
      ],
    }),
  );
  // Repeated fields of concatenated messages add up.
  const request = Buffer.concat([first, batch(valid)]);
  const response = await post(DISPATCH, request);
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers["content-type"], "application/proto");
  assert.deepEqual(fromBinary(DispatchResponseSchema, response.rawPayload).dispatchIds, ["id-0", "id-1"]);
  const [one, two] = scheduler.batches[0]!;
  assert.deepEqual(
    { ...one, input: undefined },
    {
      endpoint: "http://localhost:8000",
      function: "greet",
      version: "v1",
      correlationId: 9n,
      input: undefined,
      expirationMs: 60_500,
      delayMs: 2_000,
      idempotencyKey: "mine",
      priority: -7,
      retry: { attemptsMax: 3, firstDelayMs: 50, factor: 1.5, delayMsMax: 9_000 },
      trace: `${TRACE} a=b`,
    },
  );
  assert.match(Buffer.from(one!.input!).toString(), /World/);
  assert.equal(two!.input, undefined);
});

test("an input is a copy: it does not keep the whole request in memory", async (t) => {
  const { scheduler, post } = await setup(t);
  await post(
    DISPATCH,
    batch({ ...valid, input: Uint8Array.of(18, 3, 1, 2, 3) }, { ...valid, version: "v".repeat(500) }),
  );
  assert.equal(scheduler.batches[0]![0]!.input!.buffer.byteLength, 5);
});

test("an empty batch is answered with no ids", async (t) => {
  const { post } = await setup(t);
  const response = await post(DISPATCH, new Uint8Array());
  assert.equal(response.statusCode, 200);
  assert.equal(response.rawPayload.length, 0);
});

test("JSON is answered with JSON, its values as protobuf has them", async (t) => {
  const { scheduler, postJson } = await setup(t);
  const { status, body } = await postJson(DISPATCH, {
    calls: [
      {
        endpoint: "http://localhost:8000",
        function: "greet",
        input: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "World" },
        expiration: "60s",
        correlationId: "18446744073709551615",
      },
    ],
  });
  assert.deepEqual({ status, body }, { status: 200, body: { dispatchIds: ["id-0"] } });
  const [first] = scheduler.batches[0]!;
  assert.equal(first!.correlationId, 2n ** 64n - 1n);
  assert.equal(first!.expirationMs, 60_000);
  assert.match(Buffer.from(first!.input!).toString(), /StringValue.*World/s);
});

test("a value of another language can be dispatched as JSON too", async (t) => {
  const { scheduler, postJson } = await setup(t);
  const input = {
    "@type": "type.googleapis.com/dispatch.control.v1.OpaqueValue",
    typeUrl: "example.com/acme.Order",
    value: "AQID",
  };
  const { status } = await postJson(DISPATCH, {
    calls: [{ endpoint: "http://localhost:1", function: "f", input }],
  });
  assert.equal(status, 200);
  const { typeUrl, value } = readAny(scheduler.batches[0]![0]!.input!);
  assert.deepEqual({ typeUrl, value }, { typeUrl: "example.com/acme.Order", value: Uint8Array.of(1, 2, 3) });
});

test("a missing content type is protobuf, a foreign one is refused", async (t) => {
  const { app, post } = await setup(t);
  const { statusCode } = await app.inject({
    method: "POST",
    url: DISPATCH,
    payload: Buffer.from(batch(valid)),
    headers: { authorization: "Bearer secret-1" },
  });
  assert.equal(statusCode, 200);
  for (const type of [
    "application/x-protobuf",
    "application/proto; charset=utf-8",
    "application/octet-stream",
  ]) {
    assert.equal((await post(DISPATCH, batch(valid), { "content-type": type })).statusCode, 200, type);
  }
  for (const type of ["text/plain", "multipart/form-data; boundary=x", "nonsense"]) {
    assert.equal((await post(DISPATCH, batch(valid), { "content-type": type })).statusCode, 400, type);
  }
});

test("a gzip body is unpacked, and held to the same limit", async (t) => {
  const { post } = await setup(t, { bodyLimitBytes: 10_000 });
  const gzip = { "content-encoding": "gzip" };
  assert.equal((await post(DISPATCH, gzipSync(batch(valid)), gzip)).statusCode, 200);
  const bomb = await post(DISPATCH, gzipSync(Buffer.alloc(1_000_000)), gzip);
  assert.deepEqual(bomb.json(), { code: "invalid_argument", message: "content length is too large" });
  assert.equal((await post(DISPATCH, "not gzip", gzip)).json().code, "invalid_argument");
  assert.equal(
    (await post(DISPATCH, batch(valid), { "content-encoding": "br" })).json().code,
    "unimplemented",
  );
});

test("one bad call refuses the batch whole, and the error names its index and field", async (t) => {
  const cases: [Partial<typeof valid>, RegExp][] = [
    [{ function: "" }, /^calls\[1\]\.function is required$/],
    [{ function: "a b" }, /^calls\[1\]\.function must match/],
    [{ function: 'say"hi"' }, /^calls\[1\]\.function must match/],
    [{ function: "f".repeat(10_000) }, /^calls\[1\]\.function is longer/],
    [{ endpoint: "" }, /^calls\[1\]\.endpoint is required$/],
    [{ endpoint: "localhost" }, /^calls\[1\]\.endpoint is not a URL/],
    [{ endpoint: "ftp://localhost" }, /^calls\[1\]\.endpoint has the scheme ftp/],
    [{ endpoint: "bridge://a:1" }, /^calls\[1\]\.endpoint: a bridge session/],
    [{ endpoint: "http://a:b@localhost" }, /^calls\[1\]\.endpoint: .*user name/],
    [{ expiration: durationOf(-1) }, /^calls\[1\]\.expiration is negative$/],
  ];
  for (const [fields, message] of cases) {
    const error = await refused(t, batch(valid, { ...valid, ...fields }, valid));
    assert.equal(error.status, 400);
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, message);
  }
});

test("options that cannot be are refused by name", async (t) => {
  const cases: [object, RegExp][] = [
    [{ delay: "-1s" }, /^calls\[0\]\.options\.delay is negative$/],
    [{ priority: 101 }, /^calls\[0\]\.options\.priority is 101/],
    [{ idempotencyKey: "k".repeat(256) }, /^calls\[0\]\.options\.idempotency_key is longer/],
    [{ retry: { attemptsMax: 0 } }, /^calls\[0\]\.options\.retry\.attempts_max is 0/],
    [{ retry: { firstDelay: "-2s" } }, /^calls\[0\]\.options\.retry\.first_delay is negative$/],
    [{ retry: { delayMax: "-2s" } }, /^calls\[0\]\.options\.retry\.delay_max is negative$/],
    [{ retry: { factor: 0.5 } }, /^calls\[0\]\.options\.retry\.factor is 0.5/],
    [{ retry: { factor: "NaN" } }, /^calls\[0\]\.options\.retry\.factor is NaN/],
  ];
  for (const [options, message] of cases) {
    const body = JSON.stringify({ calls: [{ endpoint: "http://localhost", function: "f", options }] });
    const error = await refused(t, body, { "content-type": "application/json" });
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, message);
  }
});

test("a destination that is not allowed is permission_denied, and names the call", async (t) => {
  for (const endpoint of [
    "http://example.com",
    "http://169.254.169.254/latest",
    "http://2852039166/",
    "http://[::ffff:10.0.0.1]/",
    "arn:aws:lambda:us-east-1:123456789012:function:f",
  ]) {
    const error = await refused(t, batch(valid, { ...valid, endpoint }));
    assert.equal(error.status, 403);
    assert.equal(error.code, "permission_denied");
    assert.match(error.message, /^calls\[1\]\.endpoint: /);
  }
});

test("a body that is no DispatchRequest is refused", async (t) => {
  const truncated = batch(valid).subarray(0, 10);
  for (const payload of [
    truncated,
    Uint8Array.of(0xff),
    Uint8Array.of(10, 200),
    Uint8Array.of(8, 1),
    "hello",
  ]) {
    const error = await refused(t, payload);
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, /malformed DispatchRequest/);
  }
  for (const payload of [
    "",
    "{",
    "[]",
    '{"calls":1}',
    '{"colls":[]}',
    '{"calls":[{"expiration":"soon"}]}',
    "\xff",
  ]) {
    const error = await refused(t, Buffer.from(payload, "latin1"), { "content-type": "application/json" });
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, /malformed DispatchRequest/);
  }
});

test("a body above the limit is refused, and one at the limit is not", async (t) => {
  const { post } = await setup(t, { bodyLimitBytes: 1_000 });
  const exactly = (bytes: number) =>
    batch({ ...valid, version: "v".repeat(bytes - batch(valid).length - 4) });
  assert.equal(exactly(1_000).length, 1_000);
  assert.equal((await post(DISPATCH, exactly(1_000))).statusCode, 200);
  const error = await post(DISPATCH, exactly(1_001));
  assert.equal(error.statusCode, 400);
  assert.deepEqual(error.json(), { code: "invalid_argument", message: "content length is too large" });
});

test("the Idempotency-Key header gives each call of the batch a key; a call's own goes before it", async (t) => {
  const { scheduler, post, postJson } = await setup(t);
  await post(DISPATCH, batch(valid, valid), { "idempotency-key": "order-5" });
  assert.deepEqual(
    scheduler.batches[0]!.map(({ idempotencyKey }) => idempotencyKey),
    ["order-5#0", "order-5#1"],
  );
  const own = { endpoint: "http://localhost", function: "f", options: { idempotencyKey: "own" } };
  await postJson(DISPATCH, { calls: [own] }, { "idempotency-key": "order-5" });
  assert.equal(scheduler.batches[1]![0]!.idempotencyKey, "own");
  for (const key of ["", "k".repeat(256)]) {
    assert.equal((await post(DISPATCH, batch(valid), { "idempotency-key": key })).statusCode, 400);
  }
});

test("calls of this process's own functions are stored under a name that outlives its address", async (t) => {
  const policy = new DestinationPolicy({ local: new Set(["http://localhost:8000"]) });
  const { scheduler, post } = await setup(t, { policy });
  await post(DISPATCH, batch(valid, { ...valid, endpoint: "http://localhost:9000" }));
  assert.deepEqual(
    scheduler.batches[0]!.map(({ endpoint }) => endpoint),
    [LOCAL_ENDPOINT, "http://localhost:9000"],
  );
});

test("what the scheduler refuses is told with its code, and when to try again", async (t) => {
  const { scheduler, post } = await setup(t);
  scheduler.failing = new SchedulerError("unavailable", "the disk is full");
  const unavailable = await post(DISPATCH, batch(valid));
  assert.equal(unavailable.statusCode, 503);
  assert.equal(unavailable.headers["retry-after"], "1");
  assert.deepEqual(unavailable.json(), { code: "unavailable", message: "the disk is full" });
  scheduler.failing = new SchedulerError("resource_exhausted", "too many calls", { retryAfterMs: 2_100 });
  const exhausted = await post(DISPATCH, batch(valid));
  assert.equal(exhausted.statusCode, 429);
  assert.equal(exhausted.headers["retry-after"], "3");
});

test("an unexpected error is told without its text, and reported inside", async (t) => {
  const seen: unknown[] = [];
  const { scheduler, post } = await setup(t, { onRefused: (error, thrown) => seen.push(error.code, thrown) });
  scheduler.failing = new StoreError("failed", "/var/lib/secret/path");
  const response = await post(DISPATCH, batch(valid));
  assert.equal(response.statusCode, 500);
  assert.deepEqual(response.json(), { code: "internal", message: "internal error" });
  assert.deepEqual(seen, ["internal", scheduler.failing]);
});

test("random bytes are refused or recorded, and never answered with a fault", async (t) => {
  const { post } = await setup(t);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), fc.boolean(), async (noise, json) => {
      const type = json ? "application/json" : "application/proto";
      const { statusCode } = await post(DISPATCH, noise, { "content-type": type });
      assert.ok([200, 400, 403].includes(statusCode), String(statusCode));
    }),
    { seed: 11, numRuns: process.env.DISPATCH_TEST_LONG ? 5_000 : 200 },
  );
});

test("Wait takes an id as text and answers with the result's bytes", async (t) => {
  const { scheduler, post } = await setup(t);
  scheduler.details = { ...scheduler.details, output: Uint8Array.of(10, 1, 120) };
  for (const type of ["application/proto", "text/plain"]) {
    const response = await post(WAIT, "call-1", { "content-type": type });
    assert.equal(response.statusCode, 200);
    const result = fromBinary(CallResultSchema, response.rawPayload);
    assert.equal(result.dispatchId, "call-1");
    assert.equal(result.output?.typeUrl, "x");
  }
});

test("Wait for an unknown call is not_found, for no call invalid_argument", async (t) => {
  const { post } = await setup(t);
  assert.equal((await post(WAIT, "nobody")).statusCode, 404);
  assert.equal((await post(WAIT, "x".repeat(100_000))).statusCode, 404);
  assert.equal((await post(WAIT, Uint8Array.of(0xff, 0xfe))).statusCode, 404);
  assert.equal((await post(WAIT, "")).statusCode, 400);
});
