import type { BinaryReader } from "@bufbuild/protobuf/wire";
import { VARINT_1, VARINT_2 } from "../../wire/fields.ts";
import { endOf, expectEnd, skip, tagOf } from "./nested.ts";

/** Milliseconds of the google.protobuf.Duration that begins here, fractions rounded up: a wait is never cut short. */
export function readDurationMs(reader: BinaryReader): number {
  const end = endOf(reader);
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < end) {
    const tag = tagOf(reader);
    if (tag === VARINT_1) seconds = Number(reader.int64());
    else if (tag === VARINT_2) nanos = reader.int32();
    else skip(reader, tag);
  }
  expectEnd(reader, end);
  return seconds * 1000 + Math.ceil(nanos / 1_000_000);
}
