/** How a dispatched call stands, as the API tells it. */
import { toBinary } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type CallDetail as CallDetailMessage,
  type CallInfo as CallInfoMessage,
  CallState,
} from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import { CallResultSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { readCallResultMessage } from "../../wire/hot-path/index.ts";
import type { Status } from "../../wire/status.ts";
import { CallResult } from "../call-result.ts";
import { ClientError } from "./client-error.ts";

/** Where a call stands; the last four are ends. `unknown`: a state that this version does not know. */
export type CallStateName =
  | "unknown"
  | "dispatched"
  | "delayed"
  | "ready"
  | "running"
  | "suspended"
  | "cancelling"
  | "succeeded"
  | "failed"
  | "expired"
  | "cancelled";

export interface CallInfo {
  readonly dispatchId: string;
  /** Empty for a call that no other call made. */
  readonly parentDispatchId: string;
  readonly rootDispatchId: string;
  readonly endpoint: string;
  readonly function: string;
  readonly state: CallStateName;
  /** How the call ended; UNSPECIFIED before that. */
  readonly status: Status;
  /** Attempts begun so far. */
  readonly attempts: number;
  /** Attempts that failed since the last progress: what `attemptsMax` counts. */
  readonly failures: number;
  readonly priority: number;
  readonly creationTime: Date | undefined;
  /** Undefined while it has not ended. */
  readonly endTime: Date | undefined;
  /** When a delayed call starts, or a suspended one wakes at the latest; undefined in other states. */
  readonly wakeTime: Date | undefined;
  readonly expirationTime: Date | undefined;
}

export interface CallDetail extends CallInfo {
  /** Undefined while it has not ended. */
  readonly result: CallResult | undefined;
}

/** @throws {ClientError} when the API left the call out */
export function callInfo(message: CallInfoMessage | undefined): CallInfo {
  if (message === undefined) throw new ClientError("internal", "the API answered without the call");
  return {
    dispatchId: message.dispatchId,
    parentDispatchId: message.parentDispatchId,
    rootDispatchId: message.rootDispatchId,
    endpoint: message.endpoint,
    function: message.function,
    state: stateName(message.state),
    status: message.status as number as Status,
    attempts: message.attempts,
    failures: message.failures,
    priority: message.priority,
    creationTime: dateOf(message.creationTime),
    endTime: dateOf(message.endTime),
    wakeTime: dateOf(message.wakeTime),
    expirationTime: dateOf(message.expirationTime),
  };
}

/** @throws {ClientError} as {@link callInfo} does */
export function callDetail(message: CallDetailMessage | undefined): CallDetail {
  const result = message?.result;
  return {
    ...callInfo(message?.info),
    result:
      result === undefined
        ? undefined
        : new CallResult(readCallResultMessage(toBinary(CallResultSchema, result))),
  };
}

function stateName(state: CallState): CallStateName {
  return (CallState[state]?.toLowerCase().replace("unspecified", "unknown") ?? "unknown") as CallStateName;
}

function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp === undefined ? undefined : timestampDate(timestamp);
}
