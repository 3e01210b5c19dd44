/**
 * The messages of `dispatch.sdk.v1` as plain objects, for the paths that every run takes. They differ from the
 * generated ones in what makes those slow: an Any stays the bytes it came as, times are two numbers, unknown fields
 * are dropped.
 *
 * Byte arrays that were read are views into the message they were read from: copy what outlives it.
 */

import type { CallOptions } from "../gen/dispatch/sdk/node/v1/options_pb.js";

/** Wire bytes of a `google.protobuf.Any` message. `readAny` and `writeAny` look inside. */
export type AnyBytes = Uint8Array;

/** A `google.protobuf.Timestamp` (since 1970) or `google.protobuf.Duration`. */
export interface Time {
  seconds: number;
  /** 0 to 999,999,999; for a negative duration the negative of that. */
  nanos: number;
}

/** `dispatch.sdk.v1.RunRequest`. At most one of `input` and `pollResult` is set. */
export interface RunRequest {
  function: string;
  input: AnyBytes | undefined;
  pollResult: PollResult | undefined;
  dispatchId: string;
  parentDispatchId: string;
  rootDispatchId: string;
  creationTime: Time | undefined;
  expirationTime: Time | undefined;
}

/** `dispatch.sdk.v1.RunResponse`. At most one of `exit` and `poll` is set. */
export interface RunResponse {
  /** A number of `Status`, or one that this version does not know. */
  status: number;
  exit: Exit | undefined;
  poll: Poll | undefined;
}

/** `dispatch.sdk.v1.Exit`. */
export interface Exit {
  result: CallResult | undefined;
  tailCall: Call | undefined;
}

/** `dispatch.sdk.v1.Poll`. At most one of `coroutineState` and `typedCoroutineState` is set. */
export interface Poll {
  /** Legacy; read, never written by this project's own functions. */
  coroutineState: Uint8Array | undefined;
  typedCoroutineState: AnyBytes | undefined;
  calls: Call[];
  maxWait: Time | undefined;
  maxResults: number;
  minResults: number;
}

/** `dispatch.sdk.v1.PollResult`. At most one of `coroutineState` and `typedCoroutineState` is set. */
export interface PollResult {
  coroutineState: Uint8Array | undefined;
  typedCoroutineState: AnyBytes | undefined;
  results: CallResult[];
  error: CallError | undefined;
}

/** `dispatch.sdk.v1.Call`. */
export interface Call {
  correlationId: bigint;
  endpoint: string;
  function: string;
  input: AnyBytes | undefined;
  expiration: Time | undefined;
  version: string;
  /** Read and written by the generated code: few calls have any. */
  options: CallOptions | undefined;
}

/** `dispatch.sdk.v1.CallResult`. Output and error may both be set: a partial result. */
export interface CallResult {
  correlationId: bigint;
  output: AnyBytes | undefined;
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
export interface DispatchRequest {
  calls: Call[];
}

/** `dispatch.sdk.v1.DispatchResponse`. */
export interface DispatchResponse {
  dispatchIds: string[];
}

export const NO_BYTES = new Uint8Array();

/** A message with the given fields; all others are absent. */
export function runRequest(fields: Partial<RunRequest> = {}): RunRequest {
  return {
    function: "",
    input: undefined,
    pollResult: undefined,
    dispatchId: "",
    parentDispatchId: "",
    rootDispatchId: "",
    creationTime: undefined,
    expirationTime: undefined,
    ...fields,
  };
}

export function runResponse(fields: Partial<RunResponse> = {}): RunResponse {
  return { status: 0, exit: undefined, poll: undefined, ...fields };
}

export function poll(fields: Partial<Poll> = {}): Poll {
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

export function pollResult(fields: Partial<PollResult> = {}): PollResult {
  return {
    coroutineState: undefined,
    typedCoroutineState: undefined,
    results: [],
    error: undefined,
    ...fields,
  };
}

export function call(fields: Partial<Call> = {}): Call {
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

export function callResult(fields: Partial<CallResult> = {}): CallResult {
  return { correlationId: 0n, output: undefined, error: undefined, dispatchId: "", ...fields };
}

export function callError(fields: Partial<CallError> = {}): CallError {
  return { type: "", message: "", value: NO_BYTES, traceback: NO_BYTES, ...fields };
}
