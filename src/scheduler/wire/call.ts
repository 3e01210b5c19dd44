import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { RetryRecord } from "../../store/index.ts";
import {
  DELIMITED_1,
  DELIMITED_2,
  DELIMITED_3,
  DELIMITED_4,
  DELIMITED_5,
  DELIMITED_6,
  DELIMITED_1000,
  VARINT_1,
} from "../../wire/fields.ts";
import type { ChildCall } from "../call/events.ts";
import { readDurationMs } from "./duration.ts";
import { endOf, expectEnd, skip, tagOf } from "./nested.ts";
import { readTrace } from "./trace.ts";

type ReadCall = ChildCall & { readonly idempotencyKey: string | undefined };

/** Reads a dispatch.sdk.v1.Call; its input stays encoded. Says nothing about whether it is valid. */
export function readCall(bytes: Uint8Array): ReadCall {
  return readCallFields(new BinaryReader(bytes), bytes.length);
}

/** The call that begins here, with its length before it. */
export function readNestedCall(reader: BinaryReader): ReadCall {
  return readCallFields(reader, endOf(reader));
}

function readCallFields(reader: BinaryReader, end: number): ReadCall {
  let correlationId = 0n;
  let endpoint = "";
  let name = "";
  let version = "";
  let input: Uint8Array | null = null;
  let expirationMs: number | undefined;
  let options: CallOptions | undefined;
  while (reader.pos < end) {
    const tag = tagOf(reader);
    if (tag === VARINT_1) correlationId = BigInt(reader.uint64());
    else if (tag === DELIMITED_2) endpoint = reader.string();
    else if (tag === DELIMITED_3) name = reader.string();
    else if (tag === DELIMITED_4) input = reader.bytes();
    else if (tag === DELIMITED_5) expirationMs = readDurationMs(reader);
    else if (tag === DELIMITED_6) version = reader.string();
    else if (tag === OPTIONS) options = readOptions(reader);
    else skip(reader, tag);
  }
  expectEnd(reader, end);
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
const OPTIONS = DELIMITED_1000;

interface CallOptions {
  delayMs: number | undefined;
  idempotencyKey: string | undefined;
  priority: number | undefined;
  retry: RetryRecord | undefined;
  trace: string | null;
}

function readOptions(reader: BinaryReader): CallOptions {
  const end = endOf(reader);
  const options: CallOptions = {
    delayMs: undefined,
    idempotencyKey: undefined,
    priority: undefined,
    retry: undefined,
    trace: null,
  };
  while (reader.pos < end) {
    const tag = tagOf(reader);
    if (tag === DELIMITED_1) options.delayMs = readDurationMs(reader);
    else if (tag === DELIMITED_2) options.idempotencyKey = reader.string();
    else if (tag === VARINT_3) options.priority = reader.sint32();
    else if (tag === DELIMITED_4) options.retry = readRetry(reader);
    else if (tag === DELIMITED_5) options.trace = readTrace(reader.bytes());
    else skip(reader, tag);
  }
  expectEnd(reader, end);
  return options;
}

function readRetry(reader: BinaryReader): RetryRecord {
  const end = endOf(reader);
  const retry: { -readonly [K in keyof RetryRecord]: RetryRecord[K] } = {};
  while (reader.pos < end) {
    const tag = tagOf(reader);
    if (tag === VARINT_1) retry.attemptsMax = reader.uint32();
    else if (tag === DELIMITED_2) retry.firstDelayMs = readDurationMs(reader);
    else if (tag === FIXED_3) retry.factor = reader.double();
    else if (tag === DELIMITED_4) retry.delayMsMax = readDurationMs(reader);
    else skip(reader, tag);
  }
  expectEnd(reader, end);
  return retry;
}

const VARINT_3 = 24;
const FIXED_3 = 25;
