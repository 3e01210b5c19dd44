/** Values out of `google.protobuf.Any`. Reads the wire itself: these few shapes are on the hot path of every run. */
import {
  DELIMITED_1,
  expectEnd,
  MessageReader,
  readString,
  readTag,
  skipUnknown,
  VARINT_1,
  VARINT_2,
} from "../fields.ts";
import { decodeGraph, GraphError } from "../graph/index.ts";
import { isTimestamp, millisecondsOf } from "../hot-path/time.ts";
import { Duration } from "./duration.ts";
import { decodeJsonValue } from "./json-value.ts";
import { decodeMessage, registeredMessages } from "./messages.ts";
import { type Any, anyOf, TYPE_URL, typeNameOf, ValueError } from "./types.ts";

/**
 * The value inside an Any, as {@link encodeValue} put it there. 64-bit integers are numbers when safe, else bigint. A
 * type that is not known is handed over as the Any it came as. Nothing is ever executed.
 *
 * @throws {ValueError} when the bytes are not what the type URL says
 */
export function decodeValue(any: Any): unknown {
  const decode = DECODERS.get(typeNameOf(any.typeUrl));
  try {
    return decode === undefined ? (decodeMessage(any) ?? held(any)) : decode(any.value);
  } catch (error) {
    const known = error instanceof ValueError || error instanceof GraphError;
    const why = known ? error.message : `malformed bytes (${(error as Error).message})`;
    throw new ValueError(`cannot read a ${typeNameOf(any.typeUrl)}: ${why}`, { cause: error });
  }
}

/** What is held on to must not keep alive the request that it is a view into. */
function held(any: Any): Any {
  return anyOf(any.typeUrl, Uint8Array.from(any.value));
}

const FIXED32_1 = 13;
const FIXED64_1 = 9;

const DECODERS = new Map<string, (bytes: Uint8Array) => unknown>([
  [typeNameOf(TYPE_URL.empty), empty],
  [typeNameOf(TYPE_URL.bool), (bytes) => scalar(bytes, VARINT_1, (reader) => reader.bool(), false)],
  [typeNameOf(TYPE_URL.int64), int64],
  [
    "google.protobuf.UInt64Value",
    (bytes) => scalar(bytes, VARINT_1, (reader) => integer(reader.uint64()), 0),
  ],
  ["google.protobuf.Int32Value", (bytes) => scalar(bytes, VARINT_1, (reader) => reader.int32(), 0)],
  ["google.protobuf.UInt32Value", (bytes) => scalar(bytes, VARINT_1, (reader) => reader.uint32(), 0)],
  [typeNameOf(TYPE_URL.double), (bytes) => scalar(bytes, FIXED64_1, (reader) => reader.double(), 0)],
  ["google.protobuf.FloatValue", (bytes) => scalar(bytes, FIXED32_1, (reader) => reader.float(), 0)],
  [typeNameOf(TYPE_URL.string), (bytes) => scalar(bytes, DELIMITED_1, readString, "")],
  [typeNameOf(TYPE_URL.bytes), (bytes) => scalar(bytes, DELIMITED_1, copiedBytes, new Uint8Array())],
  [typeNameOf(TYPE_URL.timestamp), timestamp],
  [typeNameOf(TYPE_URL.duration), duration],
  [typeNameOf(TYPE_URL.value), decodeJsonValue],
  [typeNameOf(TYPE_URL.serialized), serialized],
]);

function empty(bytes: Uint8Array): null {
  if (bytes.length > 0) {
    const reader = new MessageReader(bytes);
    while (reader.pos < reader.len) skipUnknown(reader, readTag(reader), 0);
  }
  return null;
}

/** Field 1 of the wrapper messages; of several the last counts, unknown fields are skipped. */
function scalar<T>(bytes: Uint8Array, fieldTag: number, read: (reader: MessageReader) => T, absent: T): T {
  if (bytes.length === 0) return absent;
  const reader = new MessageReader(bytes);
  let value = absent;
  while (reader.pos < reader.len) {
    const tag = readTag(reader);
    if (tag === fieldTag) value = read(reader);
    else skipUnknown(reader, tag, 1);
  }
  expectEnd(reader, reader.len);
  return value;
}

function int64(bytes: Uint8Array): number | bigint {
  // Small integers are the most common: a tag and one byte.
  if (bytes.length === 2 && bytes[0] === VARINT_1 && bytes[1]! < 128) return bytes[1]!;
  return scalar(bytes, VARINT_1, (reader) => integer(reader.int64()), 0);
}

function integer(value: bigint | string): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

/** A copy: the bytes received are a view into a larger buffer that must not be kept alive or written to. */
function copiedBytes(reader: MessageReader): Uint8Array {
  return Uint8Array.from(reader.bytes());
}

function secondsAndNanos(bytes: Uint8Array): [seconds: number, nanos: number] {
  const reader = new MessageReader(bytes);
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < reader.len) {
    const tag = readTag(reader);
    if (tag === VARINT_1) seconds = Number(reader.int64());
    else if (tag === VARINT_2) nanos = reader.int32();
    else skipUnknown(reader, tag, 2);
  }
  expectEnd(reader, reader.len);
  return [seconds, nanos];
}

/** To the millisecond, which is what a Date holds. */
function timestamp(bytes: Uint8Array): Date {
  const [seconds, nanos] = secondsAndNanos(bytes);
  if (!isTimestamp({ seconds, nanos })) throw new ValueError("the timestamp is not in the years 1 to 9999");
  return new Date(millisecondsOf({ seconds, nanos }));
}

function duration(bytes: Uint8Array): Duration {
  const [seconds, nanos] = secondsAndNanos(bytes);
  if (Math.abs(nanos) >= 1_000_000_000 || seconds * nanos < 0) {
    throw new ValueError("the nanoseconds of the duration are out of range");
  }
  return new Duration(seconds * 1000 + nanos / 1_000_000);
}

function serialized(bytes: Uint8Array): unknown {
  const graph = scalar(bytes, DELIMITED_1, (reader) => reader.bytes(), new Uint8Array());
  return decodeGraph(graph, { messages: registeredMessages });
}
