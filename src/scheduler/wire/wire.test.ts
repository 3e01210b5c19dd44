/** The hand-written messages against the generated code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { NEVER_MS } from "../../store/index.ts";
import { CallOptionsSchema } from "../../wire/gen/dispatch/sdk/node/v1/options_pb.js";
import { CallResultSchema, CallSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { ErrorSchema } from "../../wire/gen/dispatch/sdk/v1/error_pb.js";
import { RunRequestSchema, RunResponseSchema } from "../../wire/gen/dispatch/sdk/v1/function_pb.js";
import { readCall } from "./call.ts";
import { encodeError, errorText } from "./error.ts";
import { encodeCallResult, encodeRunRequest } from "./run-request.ts";
import { decodeRunResponse } from "./run-response.ts";

const any = (text: string) =>
  create(AnySchema, { typeUrl: "type.googleapis.com/x", value: new TextEncoder().encode(text) });
const anyBytes = (text: string) => toBinary(AnySchema, any(text));
const base = {
  function: "greet",
  dispatchId: "store-1",
  parentDispatchId: "store-2",
  rootDispatchId: "store-3",
  createdAtMs: 1_795_518_720_098,
  expiresAtMs: NEVER_MS,
  trace: null,
};

test("a first run has the input as it came", () => {
  const bytes = encodeRunRequest(
    { ...base, expiresAtMs: 1_795_518_999_000, directive: { kind: "input", input: anyBytes("in") } },
    String,
  );
  const request = fromBinary(RunRequestSchema, bytes);
  assert.deepEqual(request.directive, { case: "input", value: any("in") });
  assert.equal(request.creationTime?.seconds, 1_795_518_720n);
  assert.equal(request.creationTime?.nanos, 98_000_000);
  assert.deepEqual([request.expirationTime?.seconds, request.expirationTime?.nanos], [1_795_518_999n, 0]);
  assert.deepEqual(
    [request.function, request.dispatchId, request.parentDispatchId, request.rootDispatchId],
    ["greet", "store-1", "store-2", "store-3"],
  );
});

test("a call without input, and one without parent or expiration, say so", () => {
  const bytes = encodeRunRequest(
    { ...base, parentDispatchId: "", directive: { kind: "input", input: null } },
    String,
  );
  const request = fromBinary(RunRequestSchema, bytes);
  assert.equal(request.directive.case, "input");
  assert.equal(request.parentDispatchId, "");
  assert.equal(request.expirationTime, undefined);
});

test("a run says which trace it is in, and its calls which one they are of", () => {
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 a=b,c=d";
  const directive = { kind: "input", input: null } as const;
  const request = fromBinary(RunRequestSchema, encodeRunRequest({ ...base, trace, directive }, String));
  assert.equal(request.trace?.traceparent, trace.slice(0, 55));
  assert.equal(request.trace?.tracestate, "a=b,c=d");
  const without = fromBinary(RunRequestSchema, encodeRunRequest({ ...base, directive }, String));
  assert.equal(without.trace, undefined);
  const call = (traceparent: string) =>
    readCall(toBinary(CallSchema, create(CallSchema, { options: { trace: { traceparent } } })));
  assert.equal(call(trace.slice(0, 55)).trace, trace.slice(0, 55));
  for (const malformed of ["", "00-0-0-0", trace]) assert.equal(call(malformed).trace, null);
});

test("a resumed run has its state in the field it came in, results with their ids, and the poll's error", () => {
  const error = encodeError("InvalidPoll", "no");
  const result = (correlationId: bigint, callId: number) => ({
    arrival: 1,
    callId,
    correlationId,
    output: anyBytes("out"),
    error: correlationId === 0n ? null : error,
  });
  for (const stateKind of ["typed", "bytes"] as const) {
    const state = stateKind === "typed" ? anyBytes("state") : Buffer.from("state");
    const results = [result(0n, 7), result(2n ** 64n - 1n, 8)];
    const directive = { kind: "results", stateKind, state, results, pollError: error } as const;
    const bytes = encodeRunRequest({ ...base, directive }, (id) => `store-${id}`);
    const { directive: read } = fromBinary(RunRequestSchema, bytes);
    assert.ok(read.case === "pollResult");
    assert.equal(read.value.state.case, stateKind === "typed" ? "typedCoroutineState" : "coroutineState");
    assert.equal(read.value.error?.message, "no");
    assert.deepEqual(
      read.value.results.map(({ correlationId, dispatchId, output, error: e }) => [
        correlationId,
        dispatchId,
        output?.typeUrl,
        e?.type,
      ]),
      [
        [0n, "store-7", "type.googleapis.com/x", undefined],
        [2n ** 64n - 1n, "store-8", "type.googleapis.com/x", "InvalidPoll"],
      ],
    );
  }
});

test("a call's result for a waiter is a CallResult", () => {
  const bytes = encodeCallResult({ correlationId: 5n, output: anyBytes("out"), error: null }, "store-9");
  const result = fromBinary(CallResultSchema, bytes);
  assert.deepEqual([result.correlationId, result.dispatchId, result.error], [5n, "store-9", undefined]);
  assert.deepEqual(result.output, any("out"));
});

test("every RunResponse that the generated code writes is read the same", () => {
  const duration = fc.record({
    seconds: fc.bigInt({ min: 0n, max: 100_000n }),
    nanos: fc.integer({ min: 0, max: 999_999_999 }),
  });
  const calls = fc.record({
    correlationId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    endpoint: fc.string(),
    function: fc.string(),
    version: fc.string(),
    input: fc.string().map(any),
    expiration: duration,
  });
  const polls = fc.record({
    calls: fc.array(calls, { maxLength: 3 }),
    maxWait: duration,
    minResults: fc.integer({ min: -5, max: 2000 }),
    maxResults: fc.integer({ min: -5, max: 2000 }),
    state: fc.constantFrom(
      { case: "typedCoroutineState" as const, value: any("state") },
      { case: "coroutineState" as const, value: new Uint8Array(Buffer.from("state")) },
    ),
  });
  fc.assert(
    fc.property(polls, fc.integer({ min: 0, max: 20 }), (poll, status) => {
      const message = create(RunResponseSchema, { status, directive: { case: "poll", value: poll } });
      const read = decodeRunResponse(toBinary(RunResponseSchema, message));
      assert.equal(read.status, status);
      assert.equal(read.exit, undefined);
      assert.equal(read.poll?.minResults, poll.minResults);
      assert.equal(read.poll?.maxResults, poll.maxResults);
      assert.equal(read.poll?.maxWaitMs, ms(poll.maxWait));
      assert.equal(read.poll?.stateKind, poll.state.case === "typedCoroutineState" ? "typed" : "bytes");
      assert.deepEqual(
        read.poll?.calls.map((call) => [
          call.correlationId,
          call.endpoint,
          call.function,
          call.version,
          call.input && Buffer.from(call.input),
          call.expirationMs,
        ]),
        poll.calls.map((call) => [
          call.correlationId,
          call.endpoint,
          call.function,
          call.version,
          Buffer.from(toBinary(AnySchema, call.input)),
          ms(call.expiration),
        ]),
      );
    }),
    { seed: 4, numRuns: 300 },
  );
});

test("results and tail calls are read, and fields of later versions are skipped", () => {
  const exit = create(RunResponseSchema, {
    status: 1,
    directive: {
      case: "exit",
      value: {
        result: { output: any("out"), error: create(ErrorSchema, { type: "E" }) },
        tailCall: { function: "f" },
      },
    },
  });
  const bytes = Buffer.concat([toBinary(RunResponseSchema, exit), Buffer.from([0xba, 0x3e, 2, 1, 2])]);
  const read = decodeRunResponse(bytes);
  assert.ok(read.exit?.hasResult);
  assert.deepEqual(Buffer.from(read.exit.output!), Buffer.from(anyBytes("out")));
  assert.equal(errorText(read.exit.error!), "E: ");
  assert.equal(read.exit.tailCall?.function, "f");
});

test("a call's options are read", () => {
  const call = create(CallSchema, {
    function: "f",
    options: create(CallOptionsSchema, {
      delay: { seconds: 1n, nanos: 500_000_000 },
      idempotencyKey: "k",
      priority: -7,
      retry: { attemptsMax: 3, firstDelay: { seconds: 2n }, factor: 1.5, delayMax: { seconds: 60n } },
    }),
  });
  const read = readCall(toBinary(CallSchema, call));
  assert.deepEqual(
    [read.delayMs, read.idempotencyKey, read.priority, read.retry],
    [1500, "k", -7, { attemptsMax: 3, firstDelayMs: 2000, factor: 1.5, delayMsMax: 60_000 }],
  );
});

test("random bytes are read or refused, and nothing else happens", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeRunResponse(bytes);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
      errorText(bytes);
    }),
    { seed: 4, numRuns: 2000 },
  );
});

function ms({ seconds, nanos }: { seconds: bigint; nanos: number }): number {
  return Number(seconds) * 1000 + Math.ceil(nanos / 1_000_000);
}
