/** Parts of calls as people read them. */
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { type CallInfo, CallState } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import type { Colors } from "../context.ts";

/** `running`, `failed`…: the names of the states as people type them. */
export function stateName(state: CallState): string {
  return (CallState[state] ?? "unspecified").toLowerCase();
}

/** Undefined for a name that is no state. */
export function stateOfName(name: string): CallState | undefined {
  const state = CallState[name.toUpperCase() as keyof typeof CallState];
  return state === CallState.UNSPECIFIED ? undefined : state;
}

export const STATE_NAMES: readonly string[] = Object.values(CallState)
  .filter((state): state is CallState => typeof state === "number" && state !== CallState.UNSPECIFIED)
  .map(stateName);

export function paintedState(state: CallState, colors: Colors): string {
  switch (state) {
    case CallState.SUCCEEDED:
      return colors.green(stateName(state));
    case CallState.FAILED:
    case CallState.EXPIRED:
      return colors.red(stateName(state));
    case CallState.CANCELLED:
    case CallState.CANCELLING:
      return colors.yellow(stateName(state));
    default:
      return colors.cyan(stateName(state));
  }
}

export function isEnded(state: CallState): boolean {
  return state >= CallState.SUCCEEDED;
}

/** `2024-06-27 03:33:12.123`, in UTC; empty when there is none. */
export function timeText(time: Timestamp | undefined): string {
  if (time === undefined) return "";
  return new Date(timestampMs(time)).toISOString().replace("T", " ").replace("Z", "");
}

/** How long a call took, or has taken until now. */
export function durationText(call: CallInfo, nowMs: number): string {
  if (call.creationTime === undefined) return "";
  const endMs = call.endTime === undefined ? nowMs : timestampMs(call.endTime);
  return spanText(Math.max(0, endMs - timestampMs(call.creationTime)));
}

function spanText(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes}m${Math.floor((ms % 60_000) / 1_000)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}
