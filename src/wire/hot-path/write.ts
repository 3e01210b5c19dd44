/** Whole messages onto the wire: the same bytes that the generated code writes, absent and default fields left out. */
import { toBinary } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { CallOptionsSchema } from "../gen/dispatch/sdk/node/v1/options_pb.js";
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
} from "./fields.ts";
import type {
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
} from "./messages.ts";

/** @throws {RangeError} when both `input` and `pollResult` are set */
export function writeRunRequest(request: RunRequest): Uint8Array {
  if (request.input !== undefined && request.pollResult !== undefined) {
    throw new RangeError("a RunRequest has either an input or a poll result");
  }
  return written((writer) => {
    string(writer, DELIMITED_1, request.function);
    bytes(writer, DELIMITED_2, request.input);
    if (request.pollResult !== undefined) pollResult(writer, DELIMITED_3, request.pollResult);
    string(writer, DELIMITED_4, request.dispatchId);
    string(writer, DELIMITED_5, request.parentDispatchId);
    string(writer, DELIMITED_6, request.rootDispatchId);
    time(writer, DELIMITED_7, request.creationTime);
    time(writer, DELIMITED_8, request.expirationTime);
  });
}

/** @throws {RangeError} when both `exit` and `poll` are set */
export function writeRunResponse(response: RunResponse): Uint8Array {
  if (response.exit !== undefined && response.poll !== undefined) {
    throw new RangeError("a RunResponse has either an exit or a poll");
  }
  return written((writer) => {
    if (response.status !== 0) writer.uint32(VARINT_1).int32(response.status);
    if (response.exit !== undefined) exit(writer, DELIMITED_2, response.exit);
    if (response.poll !== undefined) poll(writer, DELIMITED_3, response.poll);
  });
}

export function writeDispatchRequest(request: DispatchRequest): Uint8Array {
  return written((writer) => {
    for (const one of request.calls) call(writer, DELIMITED_1, one);
  });
}

export function writeDispatchResponse(response: DispatchResponse): Uint8Array {
  return written((writer) => {
    for (const id of response.dispatchIds) writer.uint32(DELIMITED_1).string(id);
  });
}

/** A CallResult on its own, as the answer to Wait has it. */
export function writeCallResult(result: CallResult): Uint8Array {
  return written((writer) => callResultFields(writer, result));
}

/** Writers are kept for the next message, buffers above this size are not: one large message would pin them. */
const KEPT_SIZE_MAX = 65_536;
let spare: BinaryWriter | undefined;

function written(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = spare ?? new BinaryWriter();
  // Taken while in use: a writer that threw is left with half a message inside.
  spare = undefined;
  write(writer);
  const result = writer.finish();
  if (result.length <= KEPT_SIZE_MAX) spare = writer;
  return result;
}

function string(writer: BinaryWriter, tag: number, value: string): void {
  if (value !== "") writer.uint32(tag).string(value);
}

/** A bytes field with presence, or the ready bytes of a message. */
function bytes(writer: BinaryWriter, tag: number, value: Uint8Array | undefined): void {
  if (value !== undefined) writer.uint32(tag).bytes(value);
}

function time(writer: BinaryWriter, tag: number, value: Time | undefined): void {
  if (value === undefined) return;
  writer.uint32(tag).fork();
  if (value.seconds !== 0) writer.uint32(VARINT_1).int64(value.seconds);
  if (value.nanos !== 0) writer.uint32(VARINT_2).int32(value.nanos);
  writer.join();
}

function call(writer: BinaryWriter, tag: number, value: Call): void {
  writer.uint32(tag).fork();
  if (value.correlationId !== 0n) writer.uint32(VARINT_1).uint64(value.correlationId);
  string(writer, DELIMITED_2, value.endpoint);
  string(writer, DELIMITED_3, value.function);
  bytes(writer, DELIMITED_4, value.input);
  time(writer, DELIMITED_5, value.expiration);
  string(writer, DELIMITED_6, value.version);
  if (value.options !== undefined) {
    bytes(writer, DELIMITED_1000, toBinary(CallOptionsSchema, value.options));
  }
  writer.join();
}

function callResult(writer: BinaryWriter, tag: number, value: CallResult): void {
  writer.uint32(tag).fork();
  callResultFields(writer, value);
  writer.join();
}

function callResultFields(writer: BinaryWriter, value: CallResult): void {
  if (value.correlationId !== 0n) writer.uint32(VARINT_1).uint64(value.correlationId);
  bytes(writer, DELIMITED_2, value.output);
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

function exit(writer: BinaryWriter, tag: number, value: Exit): void {
  writer.uint32(tag).fork();
  if (value.result !== undefined) callResult(writer, DELIMITED_1, value.result);
  if (value.tailCall !== undefined) call(writer, DELIMITED_2, value.tailCall);
  writer.join();
}

function poll(writer: BinaryWriter, tag: number, value: Poll): void {
  writer.uint32(tag).fork();
  bytes(writer, DELIMITED_1, value.coroutineState);
  for (const one of value.calls) call(writer, DELIMITED_2, one);
  time(writer, DELIMITED_3, value.maxWait);
  if (value.maxResults !== 0) writer.uint32(VARINT_4).int32(value.maxResults);
  if (value.minResults !== 0) writer.uint32(VARINT_5).int32(value.minResults);
  bytes(writer, DELIMITED_6, value.typedCoroutineState);
  writer.join();
}

function pollResult(writer: BinaryWriter, tag: number, value: PollResult): void {
  writer.uint32(tag).fork();
  bytes(writer, DELIMITED_1, value.coroutineState);
  for (const one of value.results) callResult(writer, DELIMITED_2, one);
  if (value.error !== undefined) callError(writer, DELIMITED_3, value.error);
  bytes(writer, DELIMITED_4, value.typedCoroutineState);
  writer.join();
}
