/**
 * Reads a dispatch.sdk.v1.RunResponse as far as the scheduler must: payloads stay encoded. What a call comes to is
 * checked all the same, since it is sent to others along with their own. Unknown fields are skipped, as everywhere in
 * protobuf.
 */
import type { StateKind } from "../../store/index.ts";
import {
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_3,
  DELIMITED_6,
  MessageReader,
  VARINT_1,
  VARINT_4,
  VARINT_5,
} from "../../wire/fields.ts";
import { checkedAny, checkedError } from "../../wire/hot-path/index.ts";
import type { ChildCall, Poll } from "../call/events.ts";
import { readNestedCall } from "./call.ts";
import { readDurationMs } from "./duration.ts";
import { endOf, expectEnd, skip, tagOf } from "./nested.ts";

export interface RunAnswer {
  /** A number this version may not know. */
  readonly status: number;
  readonly exit: ExitAnswer | undefined;
  readonly poll: Poll | undefined;
}

export interface ExitAnswer {
  readonly hasResult: boolean;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
  readonly tailCall: ChildCall | undefined;
}

/** Throws on bytes that are no message. When both directives are there, the last one counts (a oneof). */
export function decodeRunResponse(bytes: Uint8Array): RunAnswer {
  const reader = new MessageReader(bytes);
  let status = 0;
  let exit: ExitAnswer | undefined;
  let poll: Poll | undefined;
  while (reader.pos < reader.len) {
    const tag = tagOf(reader);
    if (tag === VARINT_1) status = reader.int32();
    else if (tag === DELIMITED_2) {
      exit = readExit(reader);
      poll = undefined;
    } else if (tag === DELIMITED_3) {
      poll = readPoll(reader);
      exit = undefined;
    } else skip(reader, tag);
  }
  return { status, exit, poll };
}

function readExit(reader: MessageReader): ExitAnswer {
  const end = endOf(reader);
  let hasResult = false;
  let output: Uint8Array | null = null;
  let error: Uint8Array | null = null;
  let tailCall: ChildCall | undefined;
  while (reader.pos < end) {
    const tag = tagOf(reader);
    if (tag === DELIMITED_1) {
      const result = readResult(reader);
      hasResult = true;
      output = result.output;
      error = result.error;
    } else if (tag === DELIMITED_2) tailCall = readNestedCall(reader);
    else skip(reader, tag);
  }
  expectEnd(reader, end);
  return { hasResult, output, error, tailCall };
}

function readResult(reader: MessageReader): { output: Uint8Array | null; error: Uint8Array | null } {
  const end = endOf(reader);
  let output: Uint8Array | null = null;
  let error: Uint8Array | null = null;
  while (reader.pos < end) {
    const tag = tagOf(reader);
    if (tag === DELIMITED_2) output = checkedAny(reader, end);
    else if (tag === DELIMITED_3) error = checkedError(reader, end);
    else skip(reader, tag);
  }
  expectEnd(reader, end);
  return { output, error };
}

function readPoll(reader: MessageReader): Poll {
  const end = endOf(reader);
  let stateKind: StateKind = "typed";
  let state: Uint8Array | null = null;
  const calls: ChildCall[] = [];
  let maxWaitMs: number | undefined;
  let minResults = 0;
  let maxResults = 0;
  while (reader.pos < end) {
    const tag = tagOf(reader);
    if (tag === DELIMITED_1 || tag === DELIMITED_6) {
      stateKind = tag === DELIMITED_1 ? "bytes" : "typed";
      state = reader.bytes();
    } else if (tag === DELIMITED_2) calls.push(readNestedCall(reader));
    else if (tag === DELIMITED_3) maxWaitMs = readDurationMs(reader);
    else if (tag === VARINT_4) maxResults = reader.int32();
    else if (tag === VARINT_5) minResults = reader.int32();
    else skip(reader, tag);
  }
  expectEnd(reader, end);
  return { stateKind, state, calls, maxWaitMs, minResults, maxResults };
}
