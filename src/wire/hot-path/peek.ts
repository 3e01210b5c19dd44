/** What the HTTP front needs of a RunRequest: where to route it, and whether it is one at all. */

import {
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_3,
  DELIMITED_4,
  DELIMITED_5,
  DELIMITED_6,
  DELIMITED_7,
  DELIMITED_8,
  DELIMITED_1000,
  expectEnd,
  type MessageReader,
  REPEATED_MAX,
  readEnd,
  readMessage,
  readString,
  readTag,
  readUint64,
  skipUnknown,
  skipUnknownBut1000,
  VARINT_1,
} from "../fields.ts";
import { checkAny, checkString } from "./any.ts";
import type { TraceContext } from "./messages.ts";
import { readTime, readTrace } from "./read-call.ts";

/** The head of a RunRequest. */
export interface RunRequestHead {
  function: string;
  dispatchId: string;
  /** Exactly one of the two should be true; validation says so, not this. */
  hasInput: boolean;
  hasPollResult: boolean;
  trace: TraceContext | undefined;
}

/**
 * Reads function, dispatch id and which directives there are, and checks all the rest without building it: what
 * passes here is what `readRunRequest` accepts, so that a thread never meets a malformed request.
 *
 * @throws {WireFormatError} when the bytes are no RunRequest
 */
export function peekRunRequest(bytes: Uint8Array): RunRequestHead {
  return readMessage("RunRequest", bytes, head);
}

function head(reader: MessageReader, end: number): RunRequestHead {
  const found: RunRequestHead = {
    function: "",
    dispatchId: "",
    hasInput: false,
    hasPollResult: false,
    trace: undefined,
  };
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case DELIMITED_1:
        found.function = readString(reader);
        break;
      case DELIMITED_2:
        checkAny(reader, readEnd(reader, end));
        found.hasInput = true;
        break;
      case DELIMITED_3:
        checkPollResult(reader, readEnd(reader, end));
        found.hasPollResult = true;
        break;
      case DELIMITED_4:
        found.dispatchId = readString(reader);
        break;
      case DELIMITED_5:
      case DELIMITED_6:
        checkString(reader, end);
        break;
      case DELIMITED_7:
      case DELIMITED_8:
        readTime(reader, end);
        break;
      case DELIMITED_1000:
        found.trace = readTrace(reader, end, found.trace);
        break;
      default:
        skipUnknownBut1000(reader, tag, 8);
    }
  }
  return found;
}

function checkPollResult(reader: MessageReader, end: number): void {
  let results = 0;
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case DELIMITED_1:
        reader.pos = readEnd(reader, end);
        break;
      case DELIMITED_2:
        if (++results > REPEATED_MAX) throw new Error(`more than ${REPEATED_MAX} results`);
        checkCallResult(reader, readEnd(reader, end));
        break;
      case DELIMITED_3:
        checkCallError(reader, readEnd(reader, end));
        break;
      case DELIMITED_4:
        checkAny(reader, readEnd(reader, end));
        break;
      default:
        skipUnknown(reader, tag, 4);
    }
  }
  expectEnd(reader, end);
}

function checkCallResult(reader: MessageReader, end: number): void {
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case VARINT_1:
        readUint64(reader);
        break;
      case DELIMITED_2:
        checkAny(reader, readEnd(reader, end));
        break;
      case DELIMITED_3:
        checkCallError(reader, readEnd(reader, end));
        break;
      case DELIMITED_4:
        checkString(reader, end);
        break;
      default:
        skipUnknown(reader, tag, 4);
    }
  }
  expectEnd(reader, end);
}

function checkCallError(reader: MessageReader, end: number): void {
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case DELIMITED_1:
      case DELIMITED_2:
        checkString(reader, end);
        break;
      case DELIMITED_3:
      case DELIMITED_4:
        reader.pos = readEnd(reader, end);
        break;
      default:
        skipUnknown(reader, tag, 4);
    }
  }
  expectEnd(reader, end);
}
