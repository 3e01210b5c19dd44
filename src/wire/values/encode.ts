/** Values into `google.protobuf.Any`. */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DELIMITED_1, VARINT_1 } from "../fields.ts";
import { CannotCarryError, encodeGraph, GraphError } from "../graph/index.ts";
import { timestampOf } from "../hot-path/time.ts";
import { timeFields } from "../hot-path/write.ts";
import { written } from "../writer.ts";
import { Duration } from "./duration.ts";
import { encodeJsonValue } from "./json-value.ts";
import { encodeMessage, registeredMessages } from "./messages.ts";
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
      return anyOf(TYPE_URL.bool, value ? Uint8Array.of(VARINT_1, 1) : NO_BYTES);
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

function encodeObject(value: object, path: string): Any {
  if (value instanceof Uint8Array && hasOnlyBytes(value)) return bytesValue(value);
  if (value instanceof Date && isTimestamp(value)) return timestamp(value);
  if (value instanceof Duration && Object.getPrototypeOf(value) === Duration.prototype)
    return duration(value);
  const message = encodeMessage(value, path);
  if (message !== undefined) return message;
  const json = encodeJsonValue(value);
  return json === undefined ? serialized(value, path) : anyOf(TYPE_URL.value, json);
}

function serialized(value: unknown, path: string): Any {
  try {
    const graph = encodeGraph(value, { pathRoot: path, messages: registeredMessages });
    return anyOf(TYPE_URL.serialized, bytesField(graph));
  } catch (error) {
    if (error instanceof CannotCarryError) throw new ValueError(error.message, { cause: error });
    if (error instanceof GraphError) {
      throw new ValueError(`${path}: cannot carry it: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** The shapes below are a few bytes each: written in place they cost a tenth of what a writer does. */
function int64(value: number | bigint): Any {
  if (value === 0) return anyOf(TYPE_URL.int64, NO_BYTES);
  const bytes =
    typeof value === "number" && value > 0 && value < 128
      ? Uint8Array.of(VARINT_1, value)
      : written(int64Field, value);
  return anyOf(TYPE_URL.int64, bytes);
}

function int64Field(writer: BinaryWriter, value: number | bigint): void {
  writer.uint32(VARINT_1).int64(value);
}

const FIXED64_1 = 9;
const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);

function double(value: number): Any {
  const bytes = new Uint8Array(9);
  bytes[0] = FIXED64_1;
  doubles[0] = value;
  bytes.set(doubleBytes, 1);
  return anyOf(TYPE_URL.double, bytes);
}

/** Up to here the array is allocated in JavaScript's own heap, and the length is one byte. */
const SHORT_LENGTH_MAX = 60;

function stringField(value: string): Uint8Array {
  if (value === "") return NO_BYTES;
  return (value.length <= SHORT_LENGTH_MAX && shortAscii(value)) || written(delimitedString, value);
}

function shortAscii(value: string): Uint8Array | undefined {
  const bytes = new Uint8Array(2 + value.length);
  bytes[0] = DELIMITED_1;
  bytes[1] = value.length;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code > 0x7f) return undefined;
    bytes[2 + index] = code;
  }
  return bytes;
}

function delimitedString(writer: BinaryWriter, value: string): void {
  writer.uint32(DELIMITED_1).string(value);
}

function bytesField(value: Uint8Array): Uint8Array {
  return value.length === 0 ? NO_BYTES : written(delimitedBytes, value);
}

function delimitedBytes(writer: BinaryWriter, value: Uint8Array): void {
  writer.uint32(DELIMITED_1).bytes(value);
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

/** Whether a Timestamp is all there is to it: no invalid date, no subclass, no properties of its own. */
function isTimestamp(date: Date): boolean {
  if (Object.getPrototypeOf(date) !== Date.prototype || Reflect.ownKeys(date).length > 0) return false;
  const ms = date.getTime();
  return ms >= TIMESTAMP_MS_MIN && ms <= TIMESTAMP_MS_MAX;
}

function timestamp(date: Date): Any {
  return anyOf(TYPE_URL.timestamp, written(timeFields, timestampOf(date.getTime())));
}

/** google/protobuf/duration.proto: seconds and nanos have the same sign. */
function duration(value: Duration): Any {
  let seconds = Math.trunc(value.milliseconds / 1000);
  let nanos = Math.round((value.milliseconds - seconds * 1000) * 1_000_000);
  if (Math.abs(nanos) === 1_000_000_000) {
    // 999.9999999 ms rounds to a whole second.
    seconds += Math.sign(nanos);
    nanos = 0;
  }
  return anyOf(TYPE_URL.duration, written(timeFields, { seconds, nanos }));
}
