/** Values into `google.protobuf.Any`. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { encodeGraph, GraphError } from "../graph/index.ts";
import { Duration } from "./duration.ts";
import { encodeJsonValue } from "./json-value.ts";
import { encodeMessage } from "./messages.ts";
import { type Any, anyOf, TYPE_URL, ValueError } from "./types.ts";

/**
 * Carries a value as `google.protobuf.Any`, in the most widely understood form that does not change it:
 * null Empty; boolean BoolValue; integer Int64Value; other number DoubleValue; string StringValue; Uint8Array
 * BytesValue; Date Timestamp; {@link Duration} Duration; lists and plain objects of such `google.protobuf.Value`;
 * a protobuf message itself. Whatever these would change (a bigint inside a list, a Map, a registered class, a
 * cycle) travels as `dispatch.sdk.node.v1.Serialized`.
 *
 * A Buffer comes back as the Uint8Array it is. A bigint outside a list goes as Int64Value when that brings it back as
 * a bigint, that is beyond ±2^53.
 *
 * @param path how errors name the value, e.g. `arguments[0]`
 * @throws {ValueError} when something in it cannot be carried; the message says where: `arguments[0].user.conn:
 *   cannot carry a Socket`
 */
export function encodeValue(value: unknown, path = "value"): Any {
  switch (typeof value) {
    case "boolean":
      return anyOf(TYPE_URL.bool, value ? BOOL_TRUE : NO_BYTES);
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? int64(value) : double(value);
    case "string":
      return value.isWellFormed() ? anyOf(TYPE_URL.string, stringField(value)) : serialized(value, path);
    case "bigint":
      return isLargeInt64(value) ? int64(value) : serialized(value, path);
    case "object":
      return value === null ? anyOf(TYPE_URL.empty, NO_BYTES) : encodeObject(value, path);
    default:
      return serialized(value, path);
  }
}

const NO_BYTES = new Uint8Array();
const BOOL_TRUE = Uint8Array.of(8, 1);
const FIELD_1_VARINT = (1 << 3) | WireType.Varint;
const FIELD_1_64BIT = (1 << 3) | WireType.Bit64;
const FIELD_1_BYTES = (1 << 3) | WireType.LengthDelimited;
const FIELD_2_VARINT = (2 << 3) | WireType.Varint;

function encodeObject(value: object, path: string): Any {
  if (value instanceof Uint8Array && hasOnlyBytes(value)) return bytesValue(value);
  if (value instanceof Date) return isTimestamp(value) ? timestamp(value) : serialized(value, path);
  if (value instanceof Duration) return duration(value);
  const message = encodeMessage(value, path);
  if (message !== undefined) return message;
  const json = encodeJsonValue(value);
  return json === undefined ? serialized(value, path) : anyOf(TYPE_URL.value, json);
}

function serialized(value: unknown, path: string): Any {
  let graph: Uint8Array;
  try {
    graph = encodeGraph(value, { pathRoot: path });
  } catch (error) {
    if (error instanceof GraphError) throw new ValueError(error.message, { cause: error });
    throw error;
  }
  return anyOf(TYPE_URL.serialized, bytesField(graph));
}

function int64(value: number | bigint): Any {
  if (value === 0) return anyOf(TYPE_URL.int64, NO_BYTES);
  return anyOf(TYPE_URL.int64, new BinaryWriter().uint32(FIELD_1_VARINT).int64(value).finish());
}

function double(value: number): Any {
  return anyOf(TYPE_URL.double, new BinaryWriter().uint32(FIELD_1_64BIT).double(value).finish());
}

function stringField(value: string): Uint8Array {
  return value === "" ? NO_BYTES : new BinaryWriter().uint32(FIELD_1_BYTES).string(value).finish();
}

function bytesField(value: Uint8Array): Uint8Array {
  return value.length === 0 ? NO_BYTES : new BinaryWriter().uint32(FIELD_1_BYTES).bytes(value).finish();
}

function bytesValue(value: Uint8Array): Any {
  return anyOf(TYPE_URL.bytes, bytesField(value));
}

/** Bytes of the two classes that BytesValue stands for, without properties of their own. */
function hasOnlyBytes(value: Uint8Array): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Uint8Array.prototype || prototype === Buffer.prototype;
}

/** Int64Value brings a bigint back as a bigint only where a number would not hold it. */
function isLargeInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value && !Number.isSafeInteger(Number(value));
}

/** google/protobuf/timestamp.proto: years 1 to 9999. */
const TIMESTAMP_MS_MIN = -62_135_596_800_000;
const TIMESTAMP_MS_MAX = 253_402_300_799_999;

function isTimestamp(date: Date): boolean {
  const ms = date.getTime();
  return ms >= TIMESTAMP_MS_MIN && ms <= TIMESTAMP_MS_MAX && Reflect.ownKeys(date).length === 0;
}

function timestamp(date: Date): Any {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return anyOf(TYPE_URL.timestamp, secondsAndNanos(seconds, (ms - seconds * 1000) * 1_000_000));
}

/** google/protobuf/duration.proto: seconds and nanos have the same sign. */
function duration(value: Duration): Any {
  const seconds = Math.trunc(value.milliseconds / 1000);
  return anyOf(
    TYPE_URL.duration,
    secondsAndNanos(seconds, Math.round((value.milliseconds - seconds * 1000) * 1_000_000)),
  );
}

function secondsAndNanos(seconds: number, nanos: number): Uint8Array {
  const writer = new BinaryWriter();
  if (seconds !== 0) writer.uint32(FIELD_1_VARINT).int64(seconds);
  if (nanos !== 0) writer.uint32(FIELD_2_VARINT).int32(nanos);
  return writer.finish();
}
