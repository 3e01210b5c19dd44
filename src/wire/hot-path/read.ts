/** Whole messages off the wire. All of these throw {@link WireFormatError} for bytes that are not the message. */

import {
  append,
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
  readEnd,
  readMessage,
  readString,
  readTag,
  skipUnknown,
  skipUnknownBut1000,
  VARINT_1,
  VARINT_4,
  VARINT_5,
} from "../fields.ts";
import { readAnyField } from "./any.ts";
import {
  type CallResult,
  callResult,
  type DispatchRequest,
  type DispatchResponse,
  type Exit,
  type Poll,
  type PollResult,
  poll,
  pollResult,
  type RunRequest,
  type RunResponse,
  runRequest,
  runResponse,
} from "./messages.ts";
import {
  callResultFields,
  readCall,
  readCallError,
  readCallResult,
  readTime,
  readTrace,
} from "./read-call.ts";

/** A later directive replaces an earlier one; `peekRunRequest` tells whether there were two. */
export function readRunRequest(bytes: Uint8Array): RunRequest {
  return readMessage("RunRequest", bytes, runRequestFields);
}

export function readRunResponse(bytes: Uint8Array): RunResponse {
  return readMessage("RunResponse", bytes, runResponseFields);
}

export function readDispatchRequest(bytes: Uint8Array): DispatchRequest {
  return readMessage("DispatchRequest", bytes, (reader, end) => {
    const request: DispatchRequest = { calls: [] };
    while (reader.pos < end) {
      const tag = readTag(reader);
      if (tag === DELIMITED_1) append(request.calls, readCall(reader, end));
      else skipUnknown(reader, tag, 1);
    }
    return request;
  });
}

export function readDispatchResponse(bytes: Uint8Array): DispatchResponse {
  return readMessage("DispatchResponse", bytes, (reader, end) => {
    const response: DispatchResponse = { dispatchIds: [] };
    while (reader.pos < end) {
      const tag = readTag(reader);
      if (tag === DELIMITED_1) append(response.dispatchIds, readString(reader));
      else skipUnknown(reader, tag, 1);
    }
    return response;
  });
}

/** A CallResult on its own, as the answer to Wait has it. */
export function readCallResultMessage(bytes: Uint8Array): CallResult {
  return readMessage("CallResult", bytes, (reader, end) => callResultFields(reader, end, callResult()));
}

function runRequestFields(reader: MessageReader, end: number): RunRequest {
  const request = runRequest();
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case DELIMITED_1:
        request.function = readString(reader);
        break;
      case DELIMITED_2:
        request.input = readAnyField(reader, end, request.input);
        request.pollResult = undefined;
        break;
      case DELIMITED_3:
        request.pollResult = readPollResult(reader, end, request.pollResult);
        request.input = undefined;
        break;
      case DELIMITED_4:
        request.dispatchId = readString(reader);
        break;
      case DELIMITED_5:
        request.parentDispatchId = readString(reader);
        break;
      case DELIMITED_6:
        request.rootDispatchId = readString(reader);
        break;
      case DELIMITED_7:
        request.creationTime = readTime(reader, end, request.creationTime);
        break;
      case DELIMITED_8:
        request.expirationTime = readTime(reader, end, request.expirationTime);
        break;
      case DELIMITED_1000:
        request.trace = readTrace(reader, end, request.trace);
        break;
      default:
        skipUnknownBut1000(reader, tag, 8);
    }
  }
  return request;
}

function runResponseFields(reader: MessageReader, end: number): RunResponse {
  const response = runResponse();
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case VARINT_1:
        response.status = reader.int32();
        break;
      case DELIMITED_2:
        response.exit = readExit(reader, end, response.exit);
        response.poll = undefined;
        break;
      case DELIMITED_3:
        response.poll = readPoll(reader, end, response.poll);
        response.exit = undefined;
        break;
      default:
        skipUnknown(reader, tag, 3);
    }
  }
  return response;
}

function readExit(
  reader: MessageReader,
  parentEnd: number,
  merged: Exit = { result: undefined, tailCall: undefined },
): Exit {
  const end = readEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1) merged.result = readCallResult(reader, end, merged.result);
    else if (tag === DELIMITED_2) merged.tailCall = readCall(reader, end, merged.tailCall);
    else skipUnknown(reader, tag, 2);
  }
  expectEnd(reader, end);
  return merged;
}

function readPoll(reader: MessageReader, parentEnd: number, merged: Poll = poll()): Poll {
  const end = readEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case DELIMITED_1:
        merged.coroutineState = reader.bytes();
        merged.typedCoroutineState = undefined;
        break;
      case DELIMITED_2:
        append(merged.calls, readCall(reader, end));
        break;
      case DELIMITED_3:
        merged.maxWait = readTime(reader, end, merged.maxWait);
        break;
      case VARINT_4:
        merged.maxResults = reader.int32();
        break;
      case VARINT_5:
        merged.minResults = reader.int32();
        break;
      case DELIMITED_6:
        merged.typedCoroutineState = readAnyField(reader, end, merged.typedCoroutineState);
        merged.coroutineState = undefined;
        break;
      default:
        skipUnknown(reader, tag, 6);
    }
  }
  expectEnd(reader, end);
  return merged;
}

function readPollResult(
  reader: MessageReader,
  parentEnd: number,
  merged: PollResult = pollResult(),
): PollResult {
  const end = readEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case DELIMITED_1:
        merged.coroutineState = reader.bytes();
        merged.typedCoroutineState = undefined;
        break;
      case DELIMITED_2:
        append(merged.results, readCallResult(reader, end));
        break;
      case DELIMITED_3:
        merged.error = readCallError(reader, end, merged.error);
        break;
      case DELIMITED_4:
        merged.typedCoroutineState = readAnyField(reader, end, merged.typedCoroutineState);
        merged.coroutineState = undefined;
        break;
      default:
        skipUnknown(reader, tag, 4);
    }
  }
  expectEnd(reader, end);
  return merged;
}
