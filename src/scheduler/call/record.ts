/** Between the call in memory and the row in the store. */
import {
  type CallPhase,
  type CallRecord,
  type ClaimedCall,
  type FinishedCall,
  NEVER_MS,
} from "../../store/index.ts";
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
    trace: call.trace,
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
 * The call that a row stands for after a restart, `outstanding` and `children` not counted yet; it is told
 * `recovered` once they are. Nothing runs: an attempt of the process before is forgotten, its answer is stale.
 */
export function fromRecord({ call: record, arrivals }: ClaimedCall): Call {
  const { phase, ...rest } = record;
  const stopping = phase === "cancelling" || phase === "expiring";
  return {
    ...rest,
    state: phase === "waiting" ? "delayed" : phase === "suspended" ? "suspended" : "cancelling",
    wakeAtMs: stopping ? NEVER_MS : record.wakeAtMs,
    runActive: false,
    delivering: 0,
    arrivals,
    outstanding: 0,
    children: 0,
    ending: phase === "expiring" ? "expired" : "cancelled",
  };
}

/** A call that ended, as it was then, so that it can be told `retry`. */
export function fromFinished({ call: record, end }: FinishedCall): Call {
  const { phase: _, ...rest } = record;
  return {
    ...rest,
    state: end.state,
    runActive: false,
    delivering: 0,
    arrivals: 0,
    outstanding: 0,
    children: 0,
    ending: "cancelled",
  };
}

function phaseOf(call: Call): CallPhase {
  if (call.state === "suspended") return "suspended";
  if (call.state !== "cancelling") return "waiting";
  return call.ending === "expired" ? "expiring" : "cancelling";
}
