/** RunRequests read and RunResponses written. Inputs and states are no protobuf at all: they must not matter. */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Status } from "../../wire/status.ts";
import { encodeError } from "../wire/error.ts";

export interface ReceivedResult {
  readonly correlationId: bigint;
  readonly output: string | undefined;
}

export interface ReceivedRun {
  readonly input: string | undefined;
  readonly state: string | undefined;
  readonly results: readonly ReceivedResult[];
  readonly refused: boolean;
}

export function readRunRequest(bytes: Uint8Array): ReceivedRun {
  let input: string | undefined;
  let state: string | undefined;
  let refused = false;
  const results: ReceivedResult[] = [];
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 2) input = textOf(value);
    if (field !== 3) continue;
    for (const [inner, part] of fieldsOf(value)) {
      if (inner === 4) state = textOf(part);
      else if (inner === 2) results.push(readResult(part));
      else if (inner === 3) refused = true;
    }
  }
  return { input, state, results, refused };
}

export function exitResponse(output: string): Uint8Array {
  const result = new BinaryWriter().uint32(18).bytes(outputOf(output)).finish();
  return response(1, 18, new BinaryWriter().uint32(10).bytes(result).finish());
}

export function failedResponse(status: Status): Uint8Array {
  const error = encodeError("SimulatedError", "told to fail");
  const result = new BinaryWriter().uint32(26).bytes(error).finish();
  return response(status, 18, new BinaryWriter().uint32(10).bytes(result).finish());
}

export function tailResponse(functionName: string, input: string): Uint8Array {
  const call = new BinaryWriter().uint32(26).string(functionName).uint32(34).bytes(bytesOf(input)).finish();
  return response(1, 18, new BinaryWriter().uint32(18).bytes(call).finish());
}

export interface PollSpec {
  readonly state: string;
  readonly calls: readonly {
    correlationId: bigint;
    function: string;
    input: string;
    expirationMs: number | undefined;
  }[];
  readonly maxWaitMs: number;
  readonly min: number;
  readonly max: number;
}

export function pollResponse(spec: PollSpec): Uint8Array {
  const poll = new BinaryWriter().uint32(50).bytes(bytesOf(spec.state));
  for (const call of spec.calls) {
    const body = new BinaryWriter().uint32(8).uint64(call.correlationId).uint32(26).string(call.function);
    body.uint32(34).bytes(bytesOf(call.input));
    if (call.expirationMs !== undefined) body.uint32(42).bytes(duration(call.expirationMs));
    poll.uint32(18).bytes(body.finish());
  }
  poll.uint32(26).bytes(duration(spec.maxWaitMs)).uint32(32).int32(spec.max).uint32(40).int32(spec.min);
  return response(1, 26, poll.finish());
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** An Any without a type. */
function outputOf(text: string): Uint8Array {
  return new BinaryWriter().uint32(18).string(text).finish();
}

/** Of an output that {@link exitResponse} wrote. */
export function outputText(bytes: Uint8Array): string {
  return fieldsOf(bytes)
    .map(([, value]) => textOf(value))
    .join("");
}

function response(status: number, tag: number, directive: Uint8Array): Uint8Array {
  return new BinaryWriter().uint32(8).int32(status).uint32(tag).bytes(directive).finish();
}

function duration(ms: number): Uint8Array {
  const seconds = Math.floor(ms / 1000);
  return new BinaryWriter()
    .uint32(8)
    .int64(seconds)
    .uint32(16)
    .int32((ms - seconds * 1000) * 1_000_000)
    .finish();
}

function readResult(bytes: Uint8Array): ReceivedResult {
  let correlationId = 0n;
  let output: string | undefined;
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) correlationId = BigInt(reader.uint64());
    else if (field === 2) output = outputText(reader.bytes());
    else reader.skip(wireType, field);
  }
  return { correlationId, output };
}

/** The length-delimited fields of a message. */
function fieldsOf(bytes: Uint8Array): [number, Uint8Array][] {
  const fields: [number, Uint8Array][] = [];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === 2) fields.push([field, reader.bytes()]);
    else reader.skip(wireType, field);
  }
  return fields;
}
