/** A call as the state machine sees it: metadata only. Inputs, states and results pass by as opaque bytes. */
import type { CallRecord } from "../../store/index.ts";
import type { CallState } from "../types.ts";

export interface Call extends Omit<CallRecord, "phase"> {
  readonly state: CallState;
  /** An attempt is under way and may still answer: while running, and while cancelling until it has stopped. */
  readonly runActive: boolean;
  /** Results given to the attempt under way. */
  readonly delivering: number;
  /** Results of this generation that arrived, taken ones included: the number of the last one. */
  readonly arrivals: number;
  /** Children of this generation that have not ended. */
  readonly outstanding: number;
  /** Children of any generation that have not ended. */
  readonly children: number;
  /** How a cancelling call ends. */
  readonly ending: "cancelled" | "expired";
}

/** A state that nothing leaves but a retry asked for by an operator. */
export type EndState = "succeeded" | "failed" | "expired" | "cancelled";

export function isEnd(state: CallState): state is EndState {
  return state === "succeeded" || state === "failed" || state === "expired" || state === "cancelled";
}

/** Results that arrived and that no run has taken. */
export function pendingResults(call: Call): number {
  return call.arrivals - call.consumed;
}

/** How many results the next run is given. */
export function resultsToDeliver(call: Call): number {
  if (call.stateKind === "none" || call.pollError !== null) return 0;
  return Math.min(pendingResults(call), call.maxResults);
}

/** When the call's one timer must fire: the earlier of its own deadline and what its state waits for. */
export function timerAt(call: Call): number {
  switch (call.state) {
    case "delayed":
    case "suspended":
    case "running":
      return Math.min(call.wakeAtMs, call.expiresAtMs);
    case "ready":
      return call.expiresAtMs;
    case "cancelling":
      return call.wakeAtMs;
    default:
      return Number.MAX_SAFE_INTEGER;
  }
}
