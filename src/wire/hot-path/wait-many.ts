/** The messages with which a client takes many results at once (`dispatch.control.v1`), as the generated code has them. */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  append,
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_4,
  expectEnd,
  type MessageReader,
  readEnd,
  readMessage,
  readString,
  readTag,
  skipUnknown,
  VARINT_1,
  VARINT_2,
  WireFormatError,
} from "../fields.ts";
import { written } from "../writer.ts";
import { type CallResult, callResult, type Time } from "./messages.ts";
import { callResultFields, readTime } from "./read-call.ts";

export interface WaitManyRequest {
  dispatchIds: string[];
  /** A duration. */
  timeout: Time | undefined;
}

export interface WaitManyResponse {
  results: CallResult[];
  /** Results that are none; what is sent with them is good all the same. */
  malformed: MalformedResult[];
  unknownDispatchIds: string[];
}

export interface MalformedResult {
  dispatchId: string;
  error: WireFormatError;
}

/** @throws {WireFormatError} for bytes that are not the message */
export function readWaitManyRequest(bytes: Uint8Array): WaitManyRequest {
  return readMessage("WaitManyRequest", bytes, (reader, end) => {
    const request: WaitManyRequest = { dispatchIds: [], timeout: undefined };
    while (reader.pos < end) {
      const tag = readTag(reader);
      if (tag === DELIMITED_1) append(request.dispatchIds, readString(reader));
      else if (tag === DELIMITED_2) request.timeout = readTime(reader, end, request.timeout);
      else skipUnknown(reader, tag, 2);
    }
    return request;
  });
}

export function writeWaitManyRequest(request: WaitManyRequest): Uint8Array {
  return written(waitManyRequest, request);
}

/** The results are views of the bytes. @throws {WireFormatError} for bytes that are not the message */
export function readWaitManyResponse(bytes: Uint8Array): WaitManyResponse {
  return readMessage("WaitManyResponse", bytes, (reader, end) => {
    const response: WaitManyResponse = { results: [], malformed: [], unknownDispatchIds: [] };
    while (reader.pos < end) {
      const tag = readTag(reader);
      if (tag === DELIMITED_1) readResult(reader, end, response);
      else if (tag === DELIMITED_2) append(response.unknownDispatchIds, readString(reader));
      else skipUnknown(reader, tag, 2);
    }
    return response;
  });
}

function readResult(reader: MessageReader, parentEnd: number, response: WaitManyResponse): void {
  const end = readEnd(reader, parentEnd);
  const start = reader.pos;
  try {
    const result = callResultFields(reader, end, callResult());
    expectEnd(reader, end);
    append(response.results, result);
  } catch (cause) {
    reader.pos = start;
    const dispatchId = readDispatchId(reader, end);
    const error = new WireFormatError(`malformed CallResult: ${(cause as Error).message}`, { cause });
    append(response.malformed, { dispatchId, error });
  }
}

/** Of a result whose parts need be no messages, as long as it is made of parts. */
function readDispatchId(reader: MessageReader, end: number): string {
  let dispatchId = "";
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_4) dispatchId = readString(reader);
    else reader.skip(tag & 7, tag >>> 3);
  }
  expectEnd(reader, end);
  return dispatchId;
}

function waitManyRequest(writer: BinaryWriter, { dispatchIds, timeout }: WaitManyRequest): void {
  for (const id of dispatchIds) writer.uint32(DELIMITED_1).string(id);
  if (timeout === undefined) return;
  writer.uint32(DELIMITED_2).fork();
  if (timeout.seconds !== 0) writer.uint32(VARINT_1).int64(timeout.seconds);
  if (timeout.nanos !== 0) writer.uint32(VARINT_2).int32(timeout.nanos);
  writer.join();
}
