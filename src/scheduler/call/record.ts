/** Between the call in memory and the row in the store. */
import { type CallPhase, type CallRecord, type ClaimedCall, NEVER_MS } from "../../store/index.ts";
import type { CallState } from "../types.ts";
import type { Call } from "./call.ts";

/** The row to write. `ready`, `running` and `delayed` are one there: a crash makes them one. */
export function toRecord(call: Call): CallRecord {
  return {
    id: call.id,
    parentId: call.parentId,
    rootId: call.rootId,
    parentGeneration: call.parentGeneration,
    correlationId: call.correlationId,
    endpoint: call.endpoint,
    function: call.function,
    version: call.version,
    createdAtMs: call.createdAtMs,
    expiresAtMs: call.expiresAtMs,
    priority: call.priority,
    retry: call.retry,
    phase: phaseOf(call),
    attempt: call.attempt,
    failures: call.failures,
    generation: call.generation,
    restarts: call.restarts,
    wakeAtMs: call.wakeAtMs,
    minResults: call.minResults,
    maxResults: call.maxResults,
    consumed: call.consumed,
    stateKind: call.stateKind,
    pollError: call.pollError,
  };
}

/**
 * The call that a row stands for after a restart, `outstanding` and `children` not counted yet. Nothing runs:
 * an attempt of the process before is forgotten, and its answer, should it come, is stale.
 */
export function fromRecord({ call: record, arrivals }: ClaimedCall, nowMs: number): Call {
  const { phase, ...rest } = record;
  const stopping = phase === "cancelling" || phase === "expiring";
  return {
    ...rest,
    state: recoveredState(phase, record.wakeAtMs, nowMs),
    wakeAtMs: stopping ? NEVER_MS : record.wakeAtMs,
    runActive: false,
    delivering: 0,
    arrivals,
    outstanding: 0,
    children: 0,
    ending: phase === "expiring" ? "expired" : "cancelled",
  };
}

function phaseOf(call: Call): CallPhase {
  if (call.state === "suspended") return "suspended";
  if (call.state !== "cancelling") return "waiting";
  return call.ending === "expired" ? "expiring" : "cancelling";
}

function recoveredState(phase: CallPhase, wakeAtMs: number, nowMs: number): CallState {
  if (phase === "waiting") return wakeAtMs > nowMs ? "delayed" : "ready";
  return phase === "suspended" ? "suspended" : "cancelling";
}
