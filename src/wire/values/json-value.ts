/**
 * `google.protobuf.Value`, read and written on the wire directly: it is what lists and maps travel as, and the
 * generated code costs several times as much. Source: google/protobuf/struct.proto.
 */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_3,
  DELIMITED_5,
  DELIMITED_6,
  expectEnd,
  MessageReader,
  readEnd,
  readString,
  readTag,
  skipUnknown,
  VARINT_1,
  VARINT_4,
} from "../fields.ts";
import { written } from "../writer.ts";
import { ValueError } from "./types.ts";

/**
 * Messages within messages that every implementation of protobuf reads; most stop at 100. A list takes two, a map
 * three. What nests deeper is carried another way.
 */
const NESTING_WRITTEN_MAX = 100;
/** Lists and maps within each other that are read; more would come near the end of the stack. */
const DEPTH_READ_MAX = 1_000;

const NULL = VARINT_1;
const NUMBER = 17;
const STRING = DELIMITED_3;
const BOOL = VARINT_4;
const STRUCT = DELIMITED_5;
const LIST = DELIMITED_6;

/**
 * The wire bytes of a list or map as `google.protobuf.Value`, or undefined when Value would change something in
 * it: another class than Array or Object, a bigint, undefined, NaN, a hole, an accessor, a value held twice.
 */
export function encodeJsonValue(value: object): Uint8Array | undefined {
  try {
    return written(writeRoot, value);
  } catch (error) {
    if (error === CHANGED) return undefined;
    throw error;
  }
}

/** Thrown out of the writing of something that Value would change. No error: nobody sees it, and stacks cost. */
const CHANGED = Symbol("a Value would change it");

function writeRoot(writer: BinaryWriter, value: object): void {
  writeValue(writer, value, new Set(), 1);
}

function writeValue(writer: BinaryWriter, value: unknown, seen: Set<object>, nesting: number): void {
  switch (typeof value) {
    case "string":
      writeString(writer, STRING, value);
      return;
    case "number":
      if (!Number.isFinite(value)) throw CHANGED;
      writer.uint32(NUMBER).double(value);
      return;
    case "boolean":
      writer.uint32(BOOL).bool(value);
      return;
    case "object":
      if (value === null) {
        writer.uint32(NULL).int32(0);
        return;
      }
      // A value held twice would come back as two values.
      if (nesting > NESTING_WRITTEN_MAX || seen.has(value)) throw CHANGED;
      seen.add(value);
      if (Array.isArray(value)) writeList(writer, value, seen, nesting);
      else writeStruct(writer, value as Record<string, unknown>, seen, nesting);
      return;
    default:
      throw CHANGED;
  }
}

function writeString(writer: BinaryWriter, tag: number, value: string): void {
  if (!value.isWellFormed()) throw CHANGED;
  writer.uint32(tag).string(value);
}

function writeList(writer: BinaryWriter, list: unknown[], seen: Set<object>, nesting: number): void {
  // A list holds its elements and nothing besides; a hole reads as undefined, which ends it below.
  if (Object.getPrototypeOf(list) !== Array.prototype || hasSymbols(list)) throw CHANGED;
  if (Object.keys(list).length !== list.length) throw CHANGED;
  writer.uint32(LIST).fork();
  for (let index = 0; index < list.length; index++) {
    writer.uint32(DELIMITED_1).fork();
    writeValue(writer, list[index], seen, nesting + 2);
    writer.join();
  }
  writer.join();
}

function writeStruct(
  writer: BinaryWriter,
  map: Record<string, unknown>,
  seen: Set<object>,
  nesting: number,
): void {
  if (Object.getPrototypeOf(map) !== Object.prototype || hasSymbols(map)) throw CHANGED;
  writer.uint32(STRUCT).fork();
  for (const key of Object.getOwnPropertyNames(map)) {
    const property = Object.getOwnPropertyDescriptor(map, key);
    if (!property?.enumerable || !("value" in property)) throw CHANGED;
    writer.uint32(DELIMITED_1).fork();
    writeString(writer, DELIMITED_1, key);
    writer.uint32(DELIMITED_2).fork();
    writeValue(writer, property.value, seen, nesting + 3);
    writer.join().join();
  }
  writer.join();
}

/** Two questions for names and symbols cost a third of what one with Reflect.ownKeys does. */
function hasSymbols(value: object): boolean {
  return Object.getOwnPropertySymbols(value).length > 0;
}

/** @throws {Error} when the bytes are no Value, hold no kind, or nest deeper than the bound. */
export function decodeJsonValue(bytes: Uint8Array): unknown {
  return readValue(new MessageReader(bytes), bytes.length, 0);
}

function readValue(reader: MessageReader, end: number, depth: number): unknown {
  if (depth > DEPTH_READ_MAX) throw new ValueError(`it nests deeper than ${DEPTH_READ_MAX}`);
  let value: unknown;
  while (reader.pos < end) {
    const tag = readTag(reader);
    // Of several kinds the last counts, but lists and maps of the same kind in a row are one: protobuf merges them.
    switch (tag) {
      case NULL:
        reader.int32();
        value = null;
        break;
      case NUMBER:
        value = reader.double();
        break;
      case STRING:
        value = readString(reader);
        break;
      case BOOL:
        value = reader.bool();
        break;
      case STRUCT:
        value = readStruct(reader, readEnd(reader, end), depth, isMap(value) ? value : {});
        break;
      case LIST:
        value = readList(reader, readEnd(reader, end), depth, Array.isArray(value) ? value : []);
        break;
      default:
        skipUnknown(reader, tag, 6);
    }
  }
  expectEnd(reader, end);
  if (value === undefined) throw new ValueError("it holds no kind of value");
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readList(reader: MessageReader, end: number, depth: number, list: unknown[]): unknown[] {
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1) list.push(readValue(reader, readEnd(reader, end), depth + 1));
    else skipUnknown(reader, tag, 1);
  }
  expectEnd(reader, end);
  return list;
}

function readStruct(
  reader: MessageReader,
  end: number,
  depth: number,
  map: Record<string, unknown>,
): Record<string, unknown> {
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1) readEntry(reader, readEnd(reader, end), depth, map);
    else skipUnknown(reader, tag, 1);
  }
  expectEnd(reader, end);
  return map;
}

function readEntry(reader: MessageReader, end: number, depth: number, map: Record<string, unknown>): void {
  let key = "";
  let value: unknown;
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1) key = readString(reader);
    else if (tag === DELIMITED_2) value = readValue(reader, readEnd(reader, end), depth + 1);
    else skipUnknown(reader, tag, 2);
  }
  expectEnd(reader, end);
  if (value === undefined) throw new ValueError("an entry of a map holds no value");
  if (key === "__proto__") {
    // Assignment would set the prototype; received keys are data.
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  } else map[key] = value;
}
