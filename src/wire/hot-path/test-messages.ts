/** For tests: random messages, and the generated code's view of the same. */
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { CallOptionsSchema } from "../gen/dispatch/sdk/node/v1/options_pb.js";
import { CallResultSchema, CallSchema } from "../gen/dispatch/sdk/v1/call_pb.js";
import { DispatchRequestSchema, DispatchResponseSchema } from "../gen/dispatch/sdk/v1/dispatch_pb.js";
import { RunRequestSchema, RunResponseSchema } from "../gen/dispatch/sdk/v1/function_pb.js";
import type {
  AnyBytes,
  Call,
  CallResult,
  DispatchRequest,
  DispatchResponse,
  Poll,
  PollResult,
  RunRequest,
  RunResponse,
  Time,
} from "./messages.ts";

const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const text = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: "grapheme", maxLength: 60 }));
const bytes = fc.uint8Array({ maxLength: 40 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const anyBytes: fc.Arbitrary<AnyBytes> = record({
  typeUrl: text,
  value: fc.oneof(bytes, fc.uint8Array({ minLength: 120, maxLength: 200 })),
}).map((any) => toBinary(AnySchema, create(AnySchema, any)));
export const times: fc.Arbitrary<Time> = record({
  seconds: fc.oneof(fc.constant(0), fc.maxSafeInteger()),
  nanos: fc.oneof(fc.constant(0), fc.integer()),
});
const correlationId = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const error = record({ type: text, message: text, value: bytes, traceback: bytes });

const trace = record({ traceparent: text, tracestate: text });
const callOptions = record({
  idempotencyKey: text,
  priority: maybe(fc.integer()),
  trace: maybe(trace),
}).map(({ trace, ...options }) => create(CallOptionsSchema, { ...options, ...(trace && { trace }) }));
const call: fc.Arbitrary<Call> = record({
  correlationId,
  endpoint: text,
  function: text,
  input: maybe(anyBytes),
  expiration: maybe(times),
  version: text,
  options: maybe(callOptions),
});
export const results: fc.Arbitrary<CallResult> = record({
  correlationId,
  output: maybe(anyBytes),
  error: maybe(error),
  dispatchId: text,
});
const state = fc.oneof(
  record({ coroutineState: fc.constant(undefined), typedCoroutineState: maybe(anyBytes) }),
  record({ coroutineState: bytes, typedCoroutineState: fc.constant(undefined) }),
);
const calls = fc.array(call, { maxLength: 4 });
const pollResult: fc.Arbitrary<PollResult> = record({
  state,
  results: fc.array(results, { maxLength: 4 }),
  error: maybe(error),
}).map(({ state, ...rest }) => ({ ...state, ...rest }));
const poll: fc.Arbitrary<Poll> = record({
  state,
  calls,
  maxWait: maybe(times),
  maxResults: fc.integer(),
  minResults: fc.integer(),
}).map(({ state, ...rest }) => ({ ...state, ...rest }));

export const runRequests: fc.Arbitrary<RunRequest> = record({
  directive: fc.oneof(
    record({ input: maybe(anyBytes), pollResult: fc.constant(undefined) }),
    record({ input: fc.constant(undefined), pollResult }),
  ),
  function: text,
  dispatchId: text,
  parentDispatchId: text,
  rootDispatchId: text,
  creationTime: maybe(times),
  expirationTime: maybe(times),
  trace: maybe(trace),
}).map(({ directive, ...rest }) => ({ ...directive, ...rest }));

export const runResponses: fc.Arbitrary<RunResponse> = record({
  status: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer()),
  directive: fc.oneof(
    record({
      exit: maybe(record({ result: maybe(results), tailCall: maybe(call) })),
      poll: fc.constant(undefined),
    }),
    record({ exit: fc.constant(undefined), poll }),
  ),
}).map(({ directive, ...rest }) => ({ ...directive, ...rest }));

export const dispatchRequests: fc.Arbitrary<DispatchRequest> = record({ calls });
export const dispatchResponses: fc.Arbitrary<DispatchResponse> = record({
  dispatchIds: fc.array(text, { maxLength: 5 }),
});

/** What the generated code makes of the bytes, without the unknown fields that the hot path drops. */
export function generatedRead<D extends DescMessage>(schema: D, wire: Uint8Array): MessageShape<D> {
  return fromBinary(schema, Uint8Array.from(wire), { readUnknownFields: false });
}

export function generatedRunRequest(request: RunRequest): MessageShape<typeof RunRequestSchema> {
  const { input, pollResult, creationTime, expirationTime, trace, ...rest } = request;
  return create(RunRequestSchema, {
    ...rest,
    ...(input && { directive: { case: "input", value: any(input) } }),
    ...(pollResult && { directive: { case: "pollResult", value: generatedPollResult(pollResult) } }),
    ...(creationTime && { creationTime: seconds(creationTime) }),
    ...(expirationTime && { expirationTime: seconds(expirationTime) }),
    ...(trace && { trace }),
  });
}

export function generatedRunResponse(response: RunResponse): MessageShape<typeof RunResponseSchema> {
  const { status, exit, poll } = response;
  const { result, tailCall } = exit ?? {};
  return create(RunResponseSchema, {
    status,
    ...(exit && {
      directive: {
        case: "exit",
        value: {
          ...(result && { result: generatedResult(result) }),
          ...(tailCall && { tailCall: generatedCall(tailCall) }),
        },
      },
    }),
    ...(poll && { directive: { case: "poll", value: generatedPoll(poll) } }),
  });
}

export function generatedDispatchRequest(
  request: DispatchRequest,
): MessageShape<typeof DispatchRequestSchema> {
  return create(DispatchRequestSchema, { calls: request.calls.map(generatedCall) });
}

export function generatedDispatchResponse(
  response: DispatchResponse,
): MessageShape<typeof DispatchResponseSchema> {
  return create(DispatchResponseSchema, response);
}

function generatedCall({ input, expiration, options, ...rest }: Call): MessageShape<typeof CallSchema> {
  return create(CallSchema, {
    ...rest,
    ...(input && { input: any(input) }),
    ...(expiration && { expiration: seconds(expiration) }),
    ...(options && { options }),
  });
}

export function generatedResult({
  output,
  error,
  ...rest
}: CallResult): MessageShape<typeof CallResultSchema> {
  return create(CallResultSchema, {
    ...rest,
    ...(output && { output: any(output) }),
    ...(error && { error }),
  });
}

function generatedPoll({ coroutineState, typedCoroutineState, calls, maxWait, ...rest }: Poll) {
  return {
    ...rest,
    calls: calls.map(generatedCall),
    ...(maxWait && { maxWait: seconds(maxWait) }),
    ...generatedState(coroutineState, typedCoroutineState),
  };
}

function generatedPollResult({ coroutineState, typedCoroutineState, results, error }: PollResult) {
  return {
    results: results.map(generatedResult),
    ...(error && { error }),
    ...generatedState(coroutineState, typedCoroutineState),
  };
}

function generatedState(legacy: Uint8Array | undefined, typed: AnyBytes | undefined) {
  if (typed !== undefined) return { state: { case: "typedCoroutineState" as const, value: any(typed) } };
  return legacy === undefined ? {} : { state: { case: "coroutineState" as const, value: legacy } };
}

function any(wire: AnyBytes): Any {
  return generatedRead(AnySchema, wire);
}

function seconds(time: Time): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(time.seconds), nanos: time.nanos };
}

/** Wire bytes of a RunResponse that is OK and has this output. */
export function exitWith(output: Any): Uint8Array {
  return toBinary(
    RunResponseSchema,
    create(RunResponseSchema, { status: 1, directive: { case: "exit", value: { result: { output } } } }),
  );
}
