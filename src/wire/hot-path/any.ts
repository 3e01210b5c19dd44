/** `google.protobuf.Any` between its wire bytes, which the hot path passes on, and the object that values work with. */
import { isUtf8 } from "node:buffer";
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  DELIMITED_1,
  DELIMITED_2,
  expectEnd,
  type MessageReader,
  readEnd,
  readMessage,
  readString,
  readTag,
  skipUnknown,
} from "../fields.ts";
import { type Any, anyOf } from "../values/types.ts";
import { written } from "../writer.ts";
import { type AnyBytes, NO_BYTES } from "./messages.ts";

/** @throws {WireFormatError} when the bytes are no Any */
export function readAny(bytes: AnyBytes): Any {
  return readMessage("google.protobuf.Any", bytes, (reader, end) => {
    let typeUrl = "";
    let value: Uint8Array = NO_BYTES;
    while (reader.pos < end) {
      const tag = readTag(reader);
      if (tag === DELIMITED_1) typeUrl = readString(reader);
      else if (tag === DELIMITED_2) value = reader.bytes();
      else skipUnknown(reader, tag, 2);
    }
    return anyOf(typeUrl, value);
  });
}

export function writeAny(any: Any): AnyBytes {
  return written(anyFields, any);
}

export function anyFields(writer: BinaryWriter, any: Any): void {
  if (any.typeUrl !== "") writer.uint32(DELIMITED_1).string(any.typeUrl);
  if (any.value.length > 0) writer.uint32(DELIMITED_2).bytes(any.value);
}

/**
 * The bytes of an Any field, checked and left as they are. Of several on the wire the sum counts, which for protobuf
 * is the same as one after the other: `merged` is what came before.
 */
export function readAnyField(
  reader: MessageReader,
  parentEnd: number,
  merged: AnyBytes | undefined,
): AnyBytes {
  const end = readEnd(reader, parentEnd);
  const start = reader.pos;
  checkAny(reader, end);
  const bytes = reader.source.subarray(start, end);
  return merged === undefined ? bytes : concatenated(merged, bytes);
}

/** An endpoint that stored a broken Any would poison every message that carries it on. */
export function checkAny(reader: MessageReader, end: number): void {
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1) checkString(reader, end);
    else if (tag === DELIMITED_2) reader.pos = readEnd(reader, end);
    else skipUnknown(reader, tag, 2);
  }
  expectEnd(reader, end);
}

/** Skips a string that must be UTF-8, without making one of it. */
export function checkString(reader: MessageReader, parentEnd: number): void {
  const end = readEnd(reader, parentEnd);
  const bytes = reader.source;
  for (let index = reader.pos; index < end; index++) {
    if (bytes[index]! > 0x7f) {
      if (!isUtf8(bytes.subarray(index, end))) throw new Error("a string is not UTF-8");
      break;
    }
  }
  reader.pos = end;
}

function concatenated(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
