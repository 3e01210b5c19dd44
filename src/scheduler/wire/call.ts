import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { RetryRecord } from "../../store/index.ts";
import type { ChildCall } from "../call/events.ts";
import { readDurationMs } from "./duration.ts";
import { readTrace } from "./trace.ts";

/** Reads a dispatch.sdk.v1.Call; its input stays encoded. Says nothing about whether it is valid. */
export function readCall(bytes: Uint8Array): ChildCall & { readonly idempotencyKey: string | undefined } {
  const reader = new BinaryReader(bytes);
  let correlationId = 0n;
  let endpoint = "";
  let name = "";
  let version = "";
  let input: Uint8Array | null = null;
  let expirationMs: number | undefined;
  let options: CallOptions | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 0) correlationId = BigInt(reader.uint64());
    else if (field === 2 && wireType === 2) endpoint = reader.string();
    else if (field === 3 && wireType === 2) name = reader.string();
    else if (field === 4 && wireType === 2) input = reader.bytes();
    else if (field === 5 && wireType === 2) expirationMs = readDurationMs(reader.bytes());
    else if (field === 6 && wireType === 2) version = reader.string();
    else if (field === OPTIONS_FIELD && wireType === 2) options = readOptions(reader.bytes());
    else reader.skip(wireType, field);
  }
  return {
    correlationId,
    endpoint,
    function: name,
    version,
    input,
    expirationMs,
    delayMs: options?.delayMs,
    priority: options?.priority,
    retry: options?.retry ?? null,
    trace: options?.trace ?? null,
    idempotencyKey: options?.idempotencyKey,
  };
}

/** `options` of Call, this project's addition: other languages' calls do not have it, and skip it. */
const OPTIONS_FIELD = 1000;

interface CallOptions {
  delayMs: number | undefined;
  idempotencyKey: string | undefined;
  priority: number | undefined;
  retry: RetryRecord | undefined;
  trace: string | null;
}

function readOptions(bytes: Uint8Array): CallOptions {
  const reader = new BinaryReader(bytes);
  const options: CallOptions = {
    delayMs: undefined,
    idempotencyKey: undefined,
    priority: undefined,
    retry: undefined,
    trace: null,
  };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 2) options.delayMs = readDurationMs(reader.bytes());
    else if (field === 2 && wireType === 2) options.idempotencyKey = reader.string();
    else if (field === 3 && wireType === 0) options.priority = reader.sint32();
    else if (field === 4 && wireType === 2) options.retry = readRetry(reader.bytes());
    else if (field === 5 && wireType === 2) options.trace = readTrace(reader.bytes());
    else reader.skip(wireType, field);
  }
  return options;
}

function readRetry(bytes: Uint8Array): RetryRecord {
  const reader = new BinaryReader(bytes);
  const retry: { -readonly [K in keyof RetryRecord]: RetryRecord[K] } = {};
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 0) retry.attemptsMax = reader.uint32();
    else if (field === 2 && wireType === 2) retry.firstDelayMs = readDurationMs(reader.bytes());
    else if (field === 3 && wireType === 1) retry.factor = reader.double();
    else if (field === 4 && wireType === 2) retry.delayMsMax = readDurationMs(reader.bytes());
    else reader.skip(wireType, field);
  }
  return retry;
}
