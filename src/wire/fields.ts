/**
 * Reading fields off the wire, stricter than the generated code where that would misread: a known field with another
 * wire type and a nested message that ends outside of its parent are refused, not reinterpreted. What is accepted
 * here, the generated code reads as the same message.
 *
 * Source: https://protobuf.dev/programming-guides/encoding
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Thrown for bytes that are not the message they should be. Answered as invalid_argument at the border. */
export class WireFormatError extends Error {
  override readonly name = "WireFormatError";
  readonly connectCode = "invalid_argument";
}

/** The library's reader, with the bytes it reads in reach. */
export class MessageReader extends BinaryReader {
  readonly source: Uint8Array;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.source = bytes;
  }
}

/** Reads one whole message with `read`; whatever goes wrong is a {@link WireFormatError} naming the message. */
export function readMessage<T>(
  name: string,
  bytes: Uint8Array,
  read: (reader: MessageReader, end: number) => T,
): T {
  const reader = new MessageReader(withoutPool(bytes));
  try {
    const message = read(reader, reader.len);
    expectEnd(reader, reader.len);
    return message;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new WireFormatError(`malformed ${name}: ${why} (at byte ${reader.pos} of ${reader.len})`, {
      cause: error,
    });
  }
}

/** Of a Node Buffer the same bytes as a Uint8Array: views of it then are Uint8Arrays, which threads clone faster. */
function withoutPool(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Tags to switch on: field number and wire type in one. Constants, since a `case` that calls is run every time. */
export const VARINT_1 = 8;
export const VARINT_2 = 16;
export const VARINT_4 = 32;
export const VARINT_5 = 40;
export const DELIMITED_1 = 10;
export const DELIMITED_2 = 18;
export const DELIMITED_3 = 26;
export const DELIMITED_4 = 34;
export const DELIMITED_5 = 42;
export const DELIMITED_6 = 50;
export const DELIMITED_7 = 58;
export const DELIMITED_8 = 66;
export const DELIMITED_1000 = 8002;

/** The next tag. Unlike `reader.tag()` it allocates nothing. */
export function readTag(reader: MessageReader): number {
  const start = reader.pos;
  const tag = reader.uint32();
  const length = reader.pos - start;
  if (length > 5 || (length === 5 && reader.source[reader.pos - 1]! > 0x0f)) throw new Error("illegal tag");
  if (tag >>> 3 === 0) throw new Error("illegal tag: field number 0");
  return tag;
}

/** Skips a field that is not known, where field 1000 is: with another wire type that is refused. */
export function skipUnknownBut1000(reader: MessageReader, tag: number, fieldMax: number): void {
  if (tag >>> 3 === DELIMITED_1000 >>> 3) throw new Error("field 1000 has the wrong wire type");
  skipUnknown(reader, tag, fieldMax);
}

/** Skips a field of a number above `fieldMax`, the last one known; below it the wire type must have been wrong. */
export function skipUnknown(reader: MessageReader, tag: number, fieldMax: number): void {
  const field = tag >>> 3;
  const wireType = tag & 7;
  if (field <= fieldMax) throw new Error(`field ${field} has the wrong wire type ${wireType}`);
  reader.skip(wireType, field);
}

/** Where the message whose length comes next ends. */
export function readEnd(reader: MessageReader, parentEnd: number): number {
  const end = reader.uint32() + reader.pos;
  if (end > parentEnd) throw new Error("a field reaches beyond its message");
  return end;
}

/** Every message ends where its length said: a value that reached further would be read twice. */
export function expectEnd(reader: MessageReader, end: number): void {
  if (reader.pos !== end) throw new Error("a field reaches beyond its message");
}

/** A string; bytes that are no UTF-8 are refused, as proto3 wants it. */
export function readString(reader: MessageReader): string {
  return reader.string(true);
}

export function readUint64(reader: MessageReader): bigint {
  return BigInt(reader.uint64());
}

/** Elements at the most in a repeated field: two bytes on the wire become an object of a hundred. */
export const REPEATED_MAX = 100_000;

export function append<T>(list: T[], element: T): void {
  if (list.length >= REPEATED_MAX) throw new Error(`more than ${REPEATED_MAX} elements in a repeated field`);
  list.push(element);
}
