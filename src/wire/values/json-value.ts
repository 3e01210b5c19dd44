/**
 * `google.protobuf.Value`, read and written on the wire directly: it is what lists and maps travel as, and the
 * generated code costs several times as much. Source: google/protobuf/struct.proto.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ValueError } from "./types.ts";

/** Deeper lists and maps are carried another way, or refused when received. */
const DEPTH_MAX = 100;

const FIELD = { null: 1, number: 2, string: 3, bool: 4, struct: 5, list: 6 } as const;
const tag = (field: number, type: WireType) => (field << 3) | type;

/**
 * The wire bytes of a list or map as `google.protobuf.Value`, or undefined when Value would change something in
 * it: another class than Array or Object, a bigint, undefined, NaN, a hole, an accessor, a value held twice.
 */
export function encodeJsonValue(value: object): Uint8Array | undefined {
  const writer = new BinaryWriter();
  return writeValue(writer, value, new Set(), 0) ? writer.finish() : undefined;
}

function writeValue(writer: BinaryWriter, value: unknown, seen: Set<object>, depth: number): boolean {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) return false;
      writer.uint32(tag(FIELD.string, WireType.LengthDelimited)).string(value);
      return true;
    case "number":
      if (!Number.isFinite(value)) return false;
      writer.uint32(tag(FIELD.number, WireType.Bit64)).double(value);
      return true;
    case "boolean":
      writer.uint32(tag(FIELD.bool, WireType.Varint)).bool(value);
      return true;
    case "object":
      if (value === null) {
        writer.uint32(tag(FIELD.null, WireType.Varint)).int32(0);
        return true;
      }
      // A value held twice would come back as two values.
      if (depth > DEPTH_MAX || seen.has(value)) return false;
      seen.add(value);
      return Array.isArray(value)
        ? writeList(writer, value, seen, depth)
        : writeStruct(writer, value as Record<string, unknown>, seen, depth);
    default:
      return false;
  }
}

function writeList(writer: BinaryWriter, list: unknown[], seen: Set<object>, depth: number): boolean {
  // Own keys besides the elements and `length` (extra properties), or fewer (holes), do not survive a list.
  if (Object.getPrototypeOf(list) !== Array.prototype || Reflect.ownKeys(list).length !== list.length + 1)
    return false;
  writer.uint32(tag(FIELD.list, WireType.LengthDelimited)).fork();
  for (let index = 0; index < list.length; index++) {
    if (!Object.hasOwn(list, index)) return false;
    writer.uint32(tag(1, WireType.LengthDelimited)).fork();
    if (!writeValue(writer, list[index], seen, depth + 1)) return false;
    writer.join();
  }
  writer.join();
  return true;
}

function writeStruct(
  writer: BinaryWriter,
  map: Record<string, unknown>,
  seen: Set<object>,
  depth: number,
): boolean {
  if (Object.getPrototypeOf(map) !== Object.prototype) return false;
  writer.uint32(tag(FIELD.struct, WireType.LengthDelimited)).fork();
  for (const key of Reflect.ownKeys(map)) {
    if (typeof key === "symbol" || !key.isWellFormed()) return false;
    const property = Object.getOwnPropertyDescriptor(map, key)!;
    if (!property.enumerable || !("value" in property)) return false;
    writer.uint32(tag(1, WireType.LengthDelimited)).fork();
    writer.uint32(tag(1, WireType.LengthDelimited)).string(key);
    writer.uint32(tag(2, WireType.LengthDelimited)).fork();
    if (!writeValue(writer, property.value, seen, depth + 1)) return false;
    writer.join().join();
  }
  writer.join();
  return true;
}

/** @throws {ValueError} when the bytes are no Value, hold no kind, or nest deeper than the bound. */
export function decodeJsonValue(bytes: Uint8Array): unknown {
  return readValue(new BinaryReader(bytes), bytes.length, 0);
}

function readValue(reader: BinaryReader, length: number, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new ValueError(`google.protobuf.Value nests deeper than ${DEPTH_MAX}`);
  const end = endOf(reader, length);
  let value: unknown;
  let found = false;
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    // A repeated member of a oneof replaces the earlier one.
    if (field === FIELD.null && type === WireType.Varint) {
      reader.int32();
      value = null;
    } else if (field === FIELD.number && type === WireType.Bit64) value = reader.double();
    else if (field === FIELD.string && type === WireType.LengthDelimited) value = reader.string();
    else if (field === FIELD.bool && type === WireType.Varint) value = reader.bool();
    else if (field === FIELD.struct && type === WireType.LengthDelimited) {
      value = readStruct(reader, reader.uint32(), depth);
    } else if (field === FIELD.list && type === WireType.LengthDelimited) {
      value = readList(reader, reader.uint32(), depth);
    } else {
      reader.skip(type, field);
      continue;
    }
    found = true;
  }
  if (!found) throw new ValueError("google.protobuf.Value holds no kind of value");
  return value;
}

function readList(reader: BinaryReader, length: number, depth: number): unknown[] {
  const end = endOf(reader, length);
  const list: unknown[] = [];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === 1 && type === WireType.LengthDelimited)
      list.push(readValue(reader, reader.uint32(), depth + 1));
    else reader.skip(type, field);
  }
  return list;
}

function readStruct(reader: BinaryReader, length: number, depth: number): Record<string, unknown> {
  const end = endOf(reader, length);
  const map: Record<string, unknown> = {};
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field !== 1 || type !== WireType.LengthDelimited) {
      reader.skip(type, field);
      continue;
    }
    const entryEnd = endOf(reader, reader.uint32());
    let key = "";
    let value: unknown = null;
    while (reader.pos < entryEnd) {
      const [entryField, entryType] = reader.tag();
      if (entryField === 1 && entryType === WireType.LengthDelimited) key = reader.string();
      else if (entryField === 2 && entryType === WireType.LengthDelimited) {
        value = readValue(reader, reader.uint32(), depth + 1);
      } else reader.skip(entryType, entryField);
    }
    if (key === "__proto__") {
      // Assignment would set the prototype; received keys are data.
      Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
    } else map[key] = value;
  }
  return map;
}

function endOf(reader: BinaryReader, length: number): number {
  const end = reader.pos + length;
  if (end > reader.len) throw new ValueError("google.protobuf.Value is cut short");
  return end;
}
