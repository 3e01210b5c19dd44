import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { statusName } from "../status.ts";
import { decodeValue } from "../values/index.ts";
import {
  type AnyBytes,
  type Call,
  type CallError,
  type CallResult,
  millisecondsOf,
  type RunRequest,
  type RunResponse,
  readAny,
  readDispatchRequest,
  readDispatchResponse,
  readRunRequest,
  readRunResponse,
  type Time,
} from "./index.ts";

interface Vector {
  name: string;
  type: string;
  base64: string;
  fields: Record<string, unknown>;
}

/** Fields as the vectors spell them. What a vector does not mention is not looked at. */
const READERS: Record<string, (bytes: Uint8Array) => Record<string, unknown>> = {
  "dispatch.sdk.v1.RunRequest": (bytes) => requestFields(readRunRequest(bytes)),
  "dispatch.sdk.v1.RunResponse": (bytes) => responseFields(readRunResponse(bytes)),
  "dispatch.sdk.v1.DispatchRequest": (bytes) => ({ calls: readDispatchRequest(bytes).calls.map(callFields) }),
  "dispatch.sdk.v1.DispatchResponse": (bytes) => ({ ...readDispatchResponse(bytes) }),
};

function requestFields(request: RunRequest): Record<string, unknown> {
  const { pollResult } = request;
  return {
    function: request.function,
    dispatchId: request.dispatchId,
    parentDispatchId: request.parentDispatchId,
    rootDispatchId: request.rootDispatchId,
    input: request.input && decoded(request.input),
    creationTime: isoOf(request.creationTime),
    expirationTime: isoOf(request.expirationTime),
    results: pollResult?.results.map(resultFields),
    pollError: errorFields(pollResult?.error),
    legacyState: pollResult?.coroutineState !== undefined,
  };
}

function responseFields({ status, exit, poll }: RunResponse): Record<string, unknown> {
  return {
    status: statusName(status),
    ...(exit?.result && resultFields(exit.result)),
    tailCall: exit?.tailCall && callFields(exit.tailCall),
    calls: poll?.calls.map(callFields),
    minResults: poll?.minResults,
    maxResults: poll?.maxResults,
    maxWaitSeconds: poll?.maxWait?.seconds,
  };
}

function callFields(call: Call): Record<string, unknown> {
  return {
    correlationId: String(call.correlationId),
    function: call.function,
    endpoint: call.endpoint,
    version: call.version,
    input: call.input && decoded(call.input),
    expirationSeconds: call.expiration?.seconds,
  };
}

function resultFields({ correlationId, output, error, dispatchId }: CallResult): Record<string, unknown> {
  return {
    correlationId: String(correlationId),
    output: output && decoded(output),
    error: errorFields(error),
    dispatchId,
  };
}

function errorFields(error: CallError | undefined): unknown {
  return error && { type: error.type, message: error.message };
}

const decoded = (any: AnyBytes): unknown => decodeValue(readAny(any));
const isoOf = (time: Time | undefined) => time && new Date(millisecondsOf(time)).toISOString();

const vectors: Vector[] = JSON.parse(readFileSync("test/vectors/messages.json", "utf8"));

for (const { name, type, base64, fields } of vectors) {
  test(`the Python SDK's "${name}" decodes to its fields`, () => {
    const read = READERS[type]!(Buffer.from(base64, "base64"));
    assert.partialDeepStrictEqual(read, fields);
  });
}
