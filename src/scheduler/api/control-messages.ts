/** The scheduler's own records as messages of `dispatch.control.v1`. */
import { create, fromBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema, type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  type CallDetail,
  CallDetailSchema,
  type CallEvent as CallEventMessage,
  CallEventSchema,
  type CallInfo,
  CallInfoSchema,
  CallState as CallStateNumber,
} from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import {
  type CallResult as CallResultMessage,
  CallResultSchema,
} from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { type Error as ErrorMessage, ErrorSchema } from "../../wire/gen/dispatch/sdk/v1/error_pb.js";
import { Status } from "../../wire/status.ts";
import type { CallDetails, CallEvent, CallResult, CallState, CallSummary } from "../types.ts";

export function callInfo(call: CallSummary): CallInfo {
  return create(CallInfoSchema, {
    dispatchId: call.id,
    parentDispatchId: call.parentId ?? "",
    rootDispatchId: call.rootId,
    endpoint: call.endpoint,
    function: call.function,
    version: call.version,
    state: STATE_NUMBERS[call.state],
    status: call.status ?? Status.UNSPECIFIED,
    attempts: call.attempt,
    failures: call.failures,
    priority: call.priority,
    creationTime: timestamp(call.createdAtMs),
    ...optional("expirationTime", call.expiresAtMs),
    ...optional("wakeTime", call.wakeAtMs),
    ...optional("endTime", call.finishedAtMs),
  });
}

export function callDetail(call: CallDetails): CallDetail {
  const input = call.input === null ? undefined : anyOf(call.input);
  const ended = call.finishedAtMs !== undefined;
  return create(CallDetailSchema, {
    info: callInfo(call),
    ...(input === undefined ? {} : { input }),
    ...(ended ? { result: callResult({ ...call, correlationId: 0n }) } : {}),
  });
}

export function callResult(
  result: Pick<CallResult, "id" | "correlationId" | "output" | "error">,
): CallResultMessage {
  return create(CallResultSchema, {
    correlationId: result.correlationId,
    dispatchId: result.id,
    ...(result.output === null ? {} : { output: anyOf(result.output) }),
    ...(result.error === null ? {} : { error: errorOf(result.error) }),
  });
}

export function callEvent(event: CallEvent): CallEventMessage {
  return create(CallEventSchema, {
    ...(event.atMs === undefined ? {} : { time: timestamp(event.atMs) }),
    type: event.kind,
    attempt: event.attempt,
    status: event.status ?? Status.UNSPECIFIED,
    message: event.message,
  });
}

/** Undefined for a number that is no state, and for the unspecified one. */
export function callState(number: number): CallState | undefined {
  return STATES.get(number);
}

const STATE_NUMBERS: Readonly<Record<CallState, CallStateNumber>> = {
  dispatched: CallStateNumber.DISPATCHED,
  delayed: CallStateNumber.DELAYED,
  ready: CallStateNumber.READY,
  running: CallStateNumber.RUNNING,
  suspended: CallStateNumber.SUSPENDED,
  cancelling: CallStateNumber.CANCELLING,
  succeeded: CallStateNumber.SUCCEEDED,
  failed: CallStateNumber.FAILED,
  expired: CallStateNumber.EXPIRED,
  cancelled: CallStateNumber.CANCELLED,
};

const STATES: ReadonlyMap<number, CallState> = new Map(
  Object.entries(STATE_NUMBERS).map(([state, number]) => [number, state as CallState]),
);

function anyOf(bytes: Uint8Array): Any {
  return fromBinary(AnySchema, bytes);
}

function errorOf(bytes: Uint8Array): ErrorMessage {
  return fromBinary(ErrorSchema, bytes);
}

function optional<K extends string>(key: K, ms: number | undefined): Partial<Record<K, Timestamp>> {
  return ms === undefined ? {} : ({ [key]: timestamp(ms) } as Record<K, Timestamp>);
}

function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 });
}
