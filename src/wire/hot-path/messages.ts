/**
 * The messages of `dispatch.sdk.v1` as plain objects, for the paths that every run takes. They differ from the
 * generated ones in what makes those slow: an Any stays the bytes it came as, times are two numbers, unknown fields
 * are dropped.
 *
 * Byte arrays that were read are views into the message they were read from: copy what outlives it.
 */

import type { CallOptions } from "../gen/dispatch/sdk/node/v1/options_pb.js";
import type { Any } from "../values/types.ts";

/** Wire bytes of a `google.protobuf.Any` message. `readAny` and `writeAny` look inside. */
export type AnyBytes = Uint8Array;

/** What is written as an Any: its bytes, passed on, or the object that values make. */
export type AnySource = AnyBytes | Any;

/** A `google.protobuf.Timestamp` (since 1970) or `google.protobuf.Duration`. */
export interface Time {
  seconds: number;
  /** 0 to 999,999,999; for a negative duration the negative of that. */
  nanos: number;
}

/** `dispatch.sdk.v1.RunRequest`. At most one of `input` and `pollResult` is set. */
export interface RunRequest<A extends AnySource = AnyBytes> {
  function: string;
  input: A | undefined;
  pollResult: PollResult<A> | undefined;
  dispatchId: string;
  parentDispatchId: string;
  rootDispatchId: string;
  creationTime: Time | undefined;
  expirationTime: Time | undefined;
  trace: TraceContext | undefined;
}

/** `dispatch.sdk.node.v1.TraceContext`. */
export interface TraceContext {
  traceparent: string;
  tracestate: string;
}

/** `dispatch.sdk.v1.RunResponse`. At most one of `exit` and `poll` is set. */
export interface RunResponse<A extends AnySource = AnyBytes> {
  /** A number of `Status`, or one that this version does not know. */
  status: number;
  exit: Exit<A> | undefined;
  poll: Poll<A> | undefined;
}

/** `dispatch.sdk.v1.Exit`. */
export interface Exit<A extends AnySource = AnyBytes> {
  result: CallResult<A> | undefined;
  tailCall: Call<A> | undefined;
}

/** `dispatch.sdk.v1.Poll`. At most one of `coroutineState` and `typedCoroutineState` is set. */
export interface Poll<A extends AnySource = AnyBytes> {
  /** Legacy; read, never written by this project's own functions. */
  coroutineState: Uint8Array | undefined;
  typedCoroutineState: A | undefined;
  calls: Call<A>[];
  maxWait: Time | undefined;
  maxResults: number;
  minResults: number;
}

/** `dispatch.sdk.v1.PollResult`. At most one of `coroutineState` and `typedCoroutineState` is set. */
export interface PollResult<A extends AnySource = AnyBytes> {
  coroutineState: Uint8Array | undefined;
  typedCoroutineState: A | undefined;
  results: CallResult<A>[];
  error: CallError | undefined;
}

/** `dispatch.sdk.v1.Call`. */
export interface Call<A extends AnySource = AnyBytes> {
  correlationId: bigint;
  endpoint: string;
  function: string;
  input: A | undefined;
  expiration: Time | undefined;
  version: string;
  /** Read and written by the generated code: few calls have any. */
  options: CallOptions | undefined;
}

/** `dispatch.sdk.v1.CallResult`. Output and error may both be set: a partial result. */
export interface CallResult<A extends AnySource = AnyBytes> {
  correlationId: bigint;
  output: A | undefined;
  error: CallError | undefined;
  dispatchId: string;
}

/** `dispatch.sdk.v1.Error`. */
export interface CallError {
  type: string;
  message: string;
  value: Uint8Array;
  traceback: Uint8Array;
}

/** `dispatch.sdk.v1.DispatchRequest`. */
export interface DispatchRequest<A extends AnySource = AnyBytes> {
  calls: Call<A>[];
}

/** `dispatch.sdk.v1.DispatchResponse`. */
export interface DispatchResponse {
  dispatchIds: string[];
}

export const NO_BYTES = new Uint8Array();

/** A message with the given fields; all others are absent. */
export function runRequest<A extends AnySource = AnyBytes>(
  fields: Partial<RunRequest<A>> = {},
): RunRequest<A> {
  return {
    function: "",
    input: undefined,
    pollResult: undefined,
    dispatchId: "",
    parentDispatchId: "",
    rootDispatchId: "",
    creationTime: undefined,
    expirationTime: undefined,
    trace: undefined,
    ...fields,
  };
}

export function runResponse<A extends AnySource = AnyBytes>(
  fields: Partial<RunResponse<A>> = {},
): RunResponse<A> {
  return { status: 0, exit: undefined, poll: undefined, ...fields };
}

export function poll<A extends AnySource = AnyBytes>(fields: Partial<Poll<A>> = {}): Poll<A> {
  return {
    coroutineState: undefined,
    typedCoroutineState: undefined,
    calls: [],
    maxWait: undefined,
    maxResults: 0,
    minResults: 0,
    ...fields,
  };
}

export function pollResult<A extends AnySource = AnyBytes>(
  fields: Partial<PollResult<A>> = {},
): PollResult<A> {
  return {
    coroutineState: undefined,
    typedCoroutineState: undefined,
    results: [],
    error: undefined,
    ...fields,
  };
}

export function call<A extends AnySource = AnyBytes>(fields: Partial<Call<A>> = {}): Call<A> {
  return {
    correlationId: 0n,
    endpoint: "",
    function: "",
    input: undefined,
    expiration: undefined,
    version: "",
    options: undefined,
    ...fields,
  };
}

export function callResult<A extends AnySource = AnyBytes>(
  fields: Partial<CallResult<A>> = {},
): CallResult<A> {
  return { correlationId: 0n, output: undefined, error: undefined, dispatchId: "", ...fields };
}

export function callError(fields: Partial<CallError> = {}): CallError {
  return { type: "", message: "", value: NO_BYTES, traceback: NO_BYTES, ...fields };
}
