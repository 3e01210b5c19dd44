/** Bytes that are passed on unread are checked where they come in: one broken message breaks all that carry it. */
import {
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_3,
  DELIMITED_4,
  expectEnd,
  type MessageReader,
  readEnd,
  readTag,
  skipUnknown,
} from "../fields.ts";
import { checkAny, checkString } from "./any.ts";
import type { AnyBytes } from "./messages.ts";

/** The bytes of an Any field, a view of what is read. @throws when they are no Any */
export function checkedAny(reader: MessageReader, parentEnd: number): AnyBytes {
  return checked(reader, parentEnd, checkAny);
}

/** The bytes of a field of type Error, a view of what is read. @throws when they are no Error */
export function checkedError(reader: MessageReader, parentEnd: number): Uint8Array {
  return checked(reader, parentEnd, checkError);
}

function checked(
  reader: MessageReader,
  parentEnd: number,
  check: (reader: MessageReader, end: number) => void,
): Uint8Array {
  const end = readEnd(reader, parentEnd);
  const start = reader.pos;
  check(reader, end);
  return reader.source.subarray(start, end);
}

function checkError(reader: MessageReader, end: number): void {
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1 || tag === DELIMITED_2) checkString(reader, end);
    else if (tag === DELIMITED_3 || tag === DELIMITED_4) reader.pos = readEnd(reader, end);
    else skipUnknown(reader, tag, 4);
  }
  expectEnd(reader, end);
}
