/** One writer for message after message: a fresh one costs half a microsecond for its buffer alone. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** The bytes that `write` writes, in an array of their own. */
export function written<T>(write: (writer: BinaryWriter, value: T) => void, value: T): Uint8Array {
  const writer = spare ?? new BinaryWriter();
  // Taken while in use: a writer that threw is left with half a message inside, and `write` may come back here.
  spare = undefined;
  write(writer, value);
  const result = writer.finish();
  if (result.length <= KEPT_SIZE_MAX) spare = writer;
  return result;
}

/** The buffer of a writer that wrote more than this is let go, lest one large message pin it. */
const KEPT_SIZE_MAX = 65_536;
let spare: BinaryWriter | undefined;
