/** The parts that several messages share: calls, their results, errors, times. Each reader merges into what it is
 * given, since protobuf merges a message field that appears again. */
import { create, mergeFromBinary } from "@bufbuild/protobuf";
import {
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_3,
  DELIMITED_4,
  DELIMITED_5,
  DELIMITED_6,
  DELIMITED_1000,
  expectEnd,
  type MessageReader,
  readEnd,
  readString,
  readTag,
  readUint64,
  skipUnknown,
  skipUnknownBut1000,
  VARINT_1,
  VARINT_2,
} from "../fields.ts";
import { CallOptionsSchema } from "../gen/dispatch/sdk/node/v1/options_pb.js";
import { readAnyField } from "./any.ts";
import {
  type Call,
  type CallError,
  type CallResult,
  call,
  callError,
  callResult,
  type Time,
  type TraceContext,
} from "./messages.ts";

export function readCall(reader: MessageReader, parentEnd: number, merged: Call = call()): Call {
  const end = readEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case VARINT_1:
        merged.correlationId = readUint64(reader);
        break;
      case DELIMITED_2:
        merged.endpoint = readString(reader);
        break;
      case DELIMITED_3:
        merged.function = readString(reader);
        break;
      case DELIMITED_4:
        merged.input = readAnyField(reader, end, merged.input);
        break;
      case DELIMITED_5:
        merged.expiration = readTime(reader, end, merged.expiration);
        break;
      case DELIMITED_6:
        merged.version = readString(reader);
        break;
      case DELIMITED_1000:
        merged.options = mergeFromBinary(
          CallOptionsSchema,
          merged.options ?? create(CallOptionsSchema),
          delimitedBytes(reader, end),
          { readUnknownFields: false },
        );
        break;
      default:
        skipUnknownBut1000(reader, tag, 6);
    }
  }
  expectEnd(reader, end);
  return merged;
}

export function readCallResult(
  reader: MessageReader,
  parentEnd: number,
  merged: CallResult = callResult(),
): CallResult {
  const end = readEnd(reader, parentEnd);
  callResultFields(reader, end, merged);
  expectEnd(reader, end);
  return merged;
}

/** The fields of a CallResult up to `end`, without a length before them. */
export function callResultFields(reader: MessageReader, end: number, merged: CallResult): CallResult {
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case VARINT_1:
        merged.correlationId = readUint64(reader);
        break;
      case DELIMITED_2:
        merged.output = readAnyField(reader, end, merged.output);
        break;
      case DELIMITED_3:
        merged.error = readCallError(reader, end, merged.error);
        break;
      case DELIMITED_4:
        merged.dispatchId = readString(reader);
        break;
      default:
        skipUnknown(reader, tag, 4);
    }
  }
  return merged;
}

export function readCallError(
  reader: MessageReader,
  parentEnd: number,
  merged: CallError = callError(),
): CallError {
  const end = readEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case DELIMITED_1:
        merged.type = readString(reader);
        break;
      case DELIMITED_2:
        merged.message = readString(reader);
        break;
      case DELIMITED_3:
        merged.value = reader.bytes();
        break;
      case DELIMITED_4:
        merged.traceback = reader.bytes();
        break;
      default:
        skipUnknown(reader, tag, 4);
    }
  }
  expectEnd(reader, end);
  return merged;
}

export function readTrace(
  reader: MessageReader,
  parentEnd: number,
  merged: TraceContext = { traceparent: "", tracestate: "" },
): TraceContext {
  const end = readEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1) merged.traceparent = readString(reader);
    else if (tag === DELIMITED_2) merged.tracestate = readString(reader);
    else skipUnknown(reader, tag, 2);
  }
  expectEnd(reader, end);
  return merged;
}

function delimitedBytes(reader: MessageReader, parentEnd: number): Uint8Array {
  const end = readEnd(reader, parentEnd);
  const start = reader.pos;
  reader.pos = end;
  return reader.source.subarray(start, end);
}

/** Seconds that a double cannot hold are beyond any valid Timestamp and Duration, and refused. */
export function readTime(
  reader: MessageReader,
  parentEnd: number,
  merged: Time = { seconds: 0, nanos: 0 },
): Time {
  const end = readEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === VARINT_1) merged.seconds = readSeconds(reader);
    else if (tag === VARINT_2) merged.nanos = reader.int32();
    else skipUnknown(reader, tag, 2);
  }
  expectEnd(reader, end);
  return merged;
}

function readSeconds(reader: MessageReader): number {
  const bytes = reader.source;
  const start = reader.pos;
  // The library makes a BigInt of every 64-bit integer; those of 35 bits, until 3058, fit five bytes.
  let seconds = 0;
  let factor = 1;
  for (let index = start; index < start + 5 && index < reader.len; index++) {
    const byte = bytes[index]!;
    seconds += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      reader.pos = index + 1;
      return seconds;
    }
    factor *= 128;
  }
  seconds = Number(reader.int64());
  if (!Number.isSafeInteger(seconds)) throw new Error("seconds are out of range");
  return seconds;
}
