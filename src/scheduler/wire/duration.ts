import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Milliseconds of an encoded google.protobuf.Duration, fractions rounded up: a wait is never cut short. */
export function readDurationMs(bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes);
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 0) seconds = Number(reader.int64());
    else if (field === 2 && wireType === 0) nanos = reader.int32();
    else reader.skip(wireType, field);
  }
  return seconds * 1000 + Math.ceil(nanos / 1_000_000);
}
