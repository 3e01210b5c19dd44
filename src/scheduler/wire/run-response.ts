/**
 * Reads a dispatch.sdk.v1.RunResponse as far as the scheduler must: payloads stay encoded. Unknown fields are
 * skipped, as everywhere in protobuf.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { StateKind } from "../../store/index.ts";
import type { ChildCall, Poll } from "../call/events.ts";
import { readCall } from "./call.ts";
import { readDurationMs } from "./duration.ts";

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
  const reader = new BinaryReader(bytes);
  let status = 0;
  let exit: ExitAnswer | undefined;
  let poll: Poll | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 0) status = reader.int32();
    else if (field === 2 && wireType === 2) {
      exit = readExit(reader.bytes());
      poll = undefined;
    } else if (field === 3 && wireType === 2) {
      poll = readPoll(reader.bytes());
      exit = undefined;
    } else reader.skip(wireType, field);
  }
  return { status, exit, poll };
}

function readExit(bytes: Uint8Array): ExitAnswer {
  const reader = new BinaryReader(bytes);
  let hasResult = false;
  let output: Uint8Array | null = null;
  let error: Uint8Array | null = null;
  let tailCall: ChildCall | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 2) {
      const result = readResult(reader.bytes());
      hasResult = true;
      output = result.output;
      error = result.error;
    } else if (field === 2 && wireType === 2) tailCall = readCall(reader.bytes());
    else reader.skip(wireType, field);
  }
  return { hasResult, output, error, tailCall };
}

function readResult(bytes: Uint8Array): { output: Uint8Array | null; error: Uint8Array | null } {
  const reader = new BinaryReader(bytes);
  let output: Uint8Array | null = null;
  let error: Uint8Array | null = null;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2 && wireType === 2) output = reader.bytes();
    else if (field === 3 && wireType === 2) error = reader.bytes();
    else reader.skip(wireType, field);
  }
  return { output, error };
}

function readPoll(bytes: Uint8Array): Poll {
  const reader = new BinaryReader(bytes);
  let stateKind: StateKind = "typed";
  let state: Uint8Array | null = null;
  const calls: ChildCall[] = [];
  let maxWaitMs: number | undefined;
  let minResults = 0;
  let maxResults = 0;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === 2 && (field === 1 || field === 6)) {
      stateKind = field === 1 ? "bytes" : "typed";
      state = reader.bytes();
    } else if (field === 2 && wireType === 2) calls.push(readCall(reader.bytes()));
    else if (field === 3 && wireType === 2) maxWaitMs = readDurationMs(reader.bytes());
    else if (field === 4 && wireType === 0) maxResults = reader.int32();
    else if (field === 5 && wireType === 0) minResults = reader.int32();
    else reader.skip(wireType, field);
  }
  return { stateKind, state, calls, maxWaitMs, minResults, maxResults };
}
