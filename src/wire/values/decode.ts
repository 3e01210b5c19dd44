/** Values out of `google.protobuf.Any`. Reads the wire itself: these few shapes are on the hot path of every run. */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { decodeGraph, GraphError } from "../graph/index.ts";
import { Duration } from "./duration.ts";
import { decodeJsonValue } from "./json-value.ts";
import { decodeMessage } from "./messages.ts";
import { type Any, TYPE_URL, typeNameOf, ValueError } from "./types.ts";

/**
 * The value inside an Any, as {@link encodeValue} put it there. 64-bit integers are numbers when safe, else bigint. A
 * type that is not known is handed over as the Any it came as. Nothing is ever executed.
 *
 * @throws {ValueError} when the bytes are not what the type URL says
 */
export function decodeValue(any: Any): unknown {
  const decode = DECODERS.get(typeNameOf(any.typeUrl));
  try {
    return decode === undefined ? (decodeMessage(any) ?? any) : decode(any.value);
  } catch (error) {
    if (error instanceof ValueError) throw error;
    const why = error instanceof GraphError ? error.message : `malformed bytes (${(error as Error).message})`;
    throw new ValueError(`cannot read a ${typeNameOf(any.typeUrl)}: ${why}`, { cause: error });
  }
}

const DECODERS = new Map<string, (bytes: Uint8Array) => unknown>([
  [typeNameOf(TYPE_URL.empty), () => null],
  [typeNameOf(TYPE_URL.bool), (bytes) => scalar(bytes, WireType.Varint, (reader) => reader.bool(), false)],
  [
    typeNameOf(TYPE_URL.int64),
    (bytes) => scalar(bytes, WireType.Varint, (reader) => integer(reader.int64()), 0),
  ],
  [
    "google.protobuf.UInt64Value",
    (bytes) => scalar(bytes, WireType.Varint, (reader) => integer(reader.uint64()), 0),
  ],
  ["google.protobuf.Int32Value", (bytes) => scalar(bytes, WireType.Varint, (reader) => reader.int32(), 0)],
  ["google.protobuf.UInt32Value", (bytes) => scalar(bytes, WireType.Varint, (reader) => reader.uint32(), 0)],
  [typeNameOf(TYPE_URL.double), (bytes) => scalar(bytes, WireType.Bit64, (reader) => reader.double(), 0)],
  ["google.protobuf.FloatValue", (bytes) => scalar(bytes, WireType.Bit32, (reader) => reader.float(), 0)],
  [
    typeNameOf(TYPE_URL.string),
    (bytes) => scalar(bytes, WireType.LengthDelimited, (reader) => reader.string(), ""),
  ],
  [
    typeNameOf(TYPE_URL.bytes),
    (bytes) => scalar(bytes, WireType.LengthDelimited, copiedBytes, new Uint8Array()),
  ],
  [typeNameOf(TYPE_URL.timestamp), timestamp],
  [typeNameOf(TYPE_URL.duration), duration],
  [typeNameOf(TYPE_URL.value), decodeJsonValue],
  [typeNameOf(TYPE_URL.serialized), serialized],
]);

/** Field 1 of the wrapper messages; of several the last counts, other fields are skipped. */
function scalar<T>(bytes: Uint8Array, wireType: WireType, read: (reader: BinaryReader) => T, absent: T): T {
  const reader = new BinaryReader(bytes);
  let value = absent;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1 && type === wireType) value = read(reader);
    else reader.skip(type, field);
  }
  return value;
}

function integer(value: bigint | string): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

/** A copy: the bytes received are a view into a larger buffer that must not be kept alive or written to. */
function copiedBytes(reader: BinaryReader): Uint8Array {
  return Uint8Array.from(reader.bytes());
}

function secondsAndNanos(bytes: Uint8Array): [seconds: number, nanos: number] {
  const reader = new BinaryReader(bytes);
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1 && type === WireType.Varint) seconds = Number(reader.int64());
    else if (field === 2 && type === WireType.Varint) nanos = reader.int32();
    else reader.skip(type, field);
  }
  return [seconds, nanos];
}

/** To the millisecond, which is what a Date holds. */
function timestamp(bytes: Uint8Array): Date {
  const [seconds, nanos] = secondsAndNanos(bytes);
  return new Date(seconds * 1000 + Math.floor(nanos / 1_000_000));
}

function duration(bytes: Uint8Array): Duration {
  const [seconds, nanos] = secondsAndNanos(bytes);
  return new Duration(seconds * 1000 + nanos / 1_000_000);
}

function serialized(bytes: Uint8Array): unknown {
  return decodeGraph(scalar(bytes, WireType.LengthDelimited, (reader) => reader.bytes(), new Uint8Array()));
}
