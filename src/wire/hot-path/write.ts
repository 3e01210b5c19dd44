/** Whole messages onto the wire: the same bytes that the generated code writes, absent and default fields left out. */
import { toBinary } from "@bufbuild/protobuf";
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_3,
  DELIMITED_4,
  DELIMITED_5,
  DELIMITED_6,
  DELIMITED_7,
  DELIMITED_8,
  DELIMITED_1000,
  VARINT_1,
  VARINT_2,
  VARINT_4,
  VARINT_5,
} from "../fields.ts";
import { CallOptionsSchema } from "../gen/dispatch/sdk/node/v1/options_pb.js";
import { written } from "../writer.ts";
import { anyFields } from "./any.ts";
import type {
  AnySource,
  Call,
  CallError,
  CallResult,
  DispatchRequest,
  DispatchResponse,
  Exit,
  Poll,
  PollResult,
  RunRequest,
  RunResponse,
  Time,
  TraceContext,
} from "./messages.ts";

/** @throws {RangeError} when both `input` and `pollResult` are set */
export function writeRunRequest(request: RunRequest<AnySource>): Uint8Array {
  if (request.input !== undefined && request.pollResult !== undefined) {
    throw new RangeError("a RunRequest has either an input or a poll result");
  }
  return written(runRequest, request);
}

/** @throws {RangeError} when both `exit` and `poll` are set */
export function writeRunResponse(response: RunResponse<AnySource>): Uint8Array {
  if (response.exit !== undefined && response.poll !== undefined) {
    throw new RangeError("a RunResponse has either an exit or a poll");
  }
  return written(runResponse, response);
}

export function writeDispatchRequest(request: DispatchRequest<AnySource>): Uint8Array {
  return written(dispatchRequest, request);
}

export function writeDispatchResponse(response: DispatchResponse): Uint8Array {
  return written(dispatchResponse, response);
}

/** A CallResult on its own, as the answer to Wait has it. */
export function writeCallResult(result: CallResult<AnySource>): Uint8Array {
  return written(callResultFields, result);
}

function runRequest(writer: BinaryWriter, request: RunRequest<AnySource>): void {
  string(writer, DELIMITED_1, request.function);
  any(writer, DELIMITED_2, request.input);
  if (request.pollResult !== undefined) pollResult(writer, DELIMITED_3, request.pollResult);
  string(writer, DELIMITED_4, request.dispatchId);
  string(writer, DELIMITED_5, request.parentDispatchId);
  string(writer, DELIMITED_6, request.rootDispatchId);
  time(writer, DELIMITED_7, request.creationTime);
  time(writer, DELIMITED_8, request.expirationTime);
  if (request.trace !== undefined) trace(writer, DELIMITED_1000, request.trace);
}

function trace(writer: BinaryWriter, tag: number, { traceparent, tracestate }: TraceContext): void {
  writer.uint32(tag).fork();
  string(writer, DELIMITED_1, traceparent);
  string(writer, DELIMITED_2, tracestate);
  writer.join();
}

function runResponse(writer: BinaryWriter, response: RunResponse<AnySource>): void {
  if (response.status !== 0) writer.uint32(VARINT_1).int32(response.status);
  if (response.exit !== undefined) exit(writer, DELIMITED_2, response.exit);
  if (response.poll !== undefined) poll(writer, DELIMITED_3, response.poll);
}

function dispatchRequest(writer: BinaryWriter, request: DispatchRequest<AnySource>): void {
  for (const one of request.calls) call(writer, DELIMITED_1, one);
}

function dispatchResponse(writer: BinaryWriter, response: DispatchResponse): void {
  for (const id of response.dispatchIds) writer.uint32(DELIMITED_1).string(id);
}

function string(writer: BinaryWriter, tag: number, value: string): void {
  if (value !== "") writer.uint32(tag).string(value);
}

/** A bytes field with presence, or the ready bytes of a message. */
function bytes(writer: BinaryWriter, tag: number, value: Uint8Array | undefined): void {
  if (value !== undefined) writer.uint32(tag).bytes(value);
}

function any(writer: BinaryWriter, tag: number, value: AnySource | undefined): void {
  if (value === undefined) return;
  writer.uint32(tag);
  if (value instanceof Uint8Array) writer.bytes(value);
  else {
    writer.fork();
    anyFields(writer, value);
    writer.join();
  }
}

function time(writer: BinaryWriter, tag: number, value: Time | undefined): void {
  if (value === undefined) return;
  writer.uint32(tag).fork();
  timeFields(writer, value);
  writer.join();
}

export function timeFields(writer: BinaryWriter, value: Time): void {
  const { seconds, nanos } = value;
  if (seconds !== 0) {
    // The library takes 64-bit integers through BigInt; until 2106 seconds are 32 bits.
    if (seconds > 0 && seconds <= 0xffff_ffff) writer.uint32(VARINT_1).uint32(seconds);
    else writer.uint32(VARINT_1).int64(seconds);
  }
  if (nanos !== 0) writer.uint32(VARINT_2).int32(nanos);
}

function call(writer: BinaryWriter, tag: number, value: Call<AnySource>): void {
  writer.uint32(tag).fork();
  if (value.correlationId !== 0n) writer.uint32(VARINT_1).uint64(value.correlationId);
  string(writer, DELIMITED_2, value.endpoint);
  string(writer, DELIMITED_3, value.function);
  any(writer, DELIMITED_4, value.input);
  time(writer, DELIMITED_5, value.expiration);
  string(writer, DELIMITED_6, value.version);
  if (value.options !== undefined) {
    bytes(writer, DELIMITED_1000, toBinary(CallOptionsSchema, value.options));
  }
  writer.join();
}

function callResult(writer: BinaryWriter, tag: number, value: CallResult<AnySource>): void {
  writer.uint32(tag).fork();
  callResultFields(writer, value);
  writer.join();
}

function callResultFields(writer: BinaryWriter, value: CallResult<AnySource>): void {
  if (value.correlationId !== 0n) writer.uint32(VARINT_1).uint64(value.correlationId);
  any(writer, DELIMITED_2, value.output);
  if (value.error !== undefined) callError(writer, DELIMITED_3, value.error);
  string(writer, DELIMITED_4, value.dispatchId);
}

function callError(writer: BinaryWriter, tag: number, value: CallError): void {
  writer.uint32(tag).fork();
  string(writer, DELIMITED_1, value.type);
  string(writer, DELIMITED_2, value.message);
  if (value.value.length > 0) writer.uint32(DELIMITED_3).bytes(value.value);
  if (value.traceback.length > 0) writer.uint32(DELIMITED_4).bytes(value.traceback);
  writer.join();
}

function exit(writer: BinaryWriter, tag: number, value: Exit<AnySource>): void {
  writer.uint32(tag).fork();
  if (value.result !== undefined) callResult(writer, DELIMITED_1, value.result);
  if (value.tailCall !== undefined) call(writer, DELIMITED_2, value.tailCall);
  writer.join();
}

function poll(writer: BinaryWriter, tag: number, value: Poll<AnySource>): void {
  writer.uint32(tag).fork();
  bytes(writer, DELIMITED_1, value.coroutineState);
  for (const one of value.calls) call(writer, DELIMITED_2, one);
  time(writer, DELIMITED_3, value.maxWait);
  if (value.maxResults !== 0) writer.uint32(VARINT_4).int32(value.maxResults);
  if (value.minResults !== 0) writer.uint32(VARINT_5).int32(value.minResults);
  any(writer, DELIMITED_6, value.typedCoroutineState);
  writer.join();
}

function pollResult(writer: BinaryWriter, tag: number, value: PollResult<AnySource>): void {
  writer.uint32(tag).fork();
  bytes(writer, DELIMITED_1, value.coroutineState);
  for (const one of value.results) callResult(writer, DELIMITED_2, one);
  if (value.error !== undefined) callError(writer, DELIMITED_3, value.error);
  any(writer, DELIMITED_4, value.typedCoroutineState);
  writer.join();
}
