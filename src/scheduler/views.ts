/** Calls as the Control API shows them. */
import { type CallEnd, type CallRecord, NEVER_MS } from "../store/index.ts";
import type { Status } from "../wire/status.ts";
import { type Call, isEnd } from "./call/call.ts";
import type { IdNames } from "./ids.ts";
import type { CallState, CallSummary } from "./types.ts";

/** `live` is the call in memory, when there is one: it knows more than the row. */
export function summaryOf(
  record: CallRecord,
  end: CallEnd | undefined,
  live: Call | undefined,
  names: IdNames,
): CallSummary {
  const state = end?.state ?? stateOf(live, record);
  const call = live ?? record;
  const waits = end === undefined && (state === "delayed" || state === "suspended");
  return {
    id: names.nameOf(record.id),
    parentId: record.parentId === 0 ? undefined : names.nameOf(record.parentId),
    rootId: names.nameOf(record.rootId),
    endpoint: call.endpoint,
    function: call.function,
    version: call.version,
    state,
    createdAtMs: record.createdAtMs,
    expiresAtMs: call.expiresAtMs === NEVER_MS ? undefined : call.expiresAtMs,
    finishedAtMs: end?.finishedAtMs,
    wakeAtMs: waits ? call.wakeAtMs : undefined,
    attempt: call.attempt,
    failures: call.failures,
    priority: call.priority,
    status: end?.status as Status | undefined,
  };
}

/** An end is shown once it is durable. */
function stateOf(live: Call | undefined, record: CallRecord): CallState {
  if (live === undefined) return record.phase === "suspended" ? "suspended" : "ready";
  if (!isEnd(live.state)) return live.state;
  return live.state === "cancelled" || live.state === "expired" ? "cancelling" : "running";
}
