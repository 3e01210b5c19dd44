/** Messages inside of messages, read in place: a reader and a view for each costs more than its fields. */
import type { BinaryReader } from "@bufbuild/protobuf/wire";

/** Where the message that begins here ends. */
export function endOf(reader: BinaryReader): number {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("a message reaches beyond its parent");
  return end;
}

/** The whole tag, field number and wire type in one, as `reader.tag()` gives it in two. */
export function tagOf(reader: BinaryReader): number {
  const tag = reader.uint32();
  if (tag >>> 3 === 0) throw new RangeError("illegal tag: field number 0");
  return tag;
}

export function skip(reader: BinaryReader, tag: number): void {
  reader.skip(tag & 7, tag >>> 3);
}

/** A field that reached beyond its message would be read twice. */
export function expectEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new RangeError("a field reaches beyond its message");
}
