/** The messages with which a client takes many results at once (`dispatch.control.v1`), as the generated code has them. */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  append,
  DELIMITED_1,
  DELIMITED_2,
  readMessage,
  readString,
  readTag,
  skipUnknown,
  VARINT_1,
  VARINT_2,
} from "../fields.ts";
import { written } from "../writer.ts";
import type { CallResult, Time } from "./messages.ts";
import { readCallResult, readTime } from "./read-call.ts";

export interface WaitManyRequest {
  dispatchIds: string[];
  /** A duration. */
  timeout: Time | undefined;
}

export interface WaitManyResponse {
  results: CallResult[];
  unknownDispatchIds: string[];
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
    const response: WaitManyResponse = { results: [], unknownDispatchIds: [] };
    while (reader.pos < end) {
      const tag = readTag(reader);
      if (tag === DELIMITED_1) append(response.results, readCallResult(reader, end));
      else if (tag === DELIMITED_2) append(response.unknownDispatchIds, readString(reader));
      else skipUnknown(reader, tag, 2);
    }
    return response;
  });
}

function waitManyRequest(writer: BinaryWriter, { dispatchIds, timeout }: WaitManyRequest): void {
  for (const id of dispatchIds) writer.uint32(DELIMITED_1).string(id);
  if (timeout === undefined) return;
  writer.uint32(DELIMITED_2).fork();
  if (timeout.seconds !== 0) writer.uint32(VARINT_1).int64(timeout.seconds);
  if (timeout.nanos !== 0) writer.uint32(VARINT_2).int32(timeout.nanos);
  writer.join();
}
