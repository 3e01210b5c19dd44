/** Rows as records. */
import type { CallEnd, CallRecord, FinishedCall, RetryRecord, StoredResult } from "../records.ts";
import { ENDS, PHASES, STATE_KINDS } from "./codes.ts";

export interface SharedRow {
  id: number;
  parent: number;
  root: number;
  parent_generation: number;
  correlation_high: number;
  correlation_low: number;
  endpoint: string;
  function: string;
  version: string;
  created_at: number;
  expires_at: number;
  priority: number;
  retry: string | null;
  attempt: number;
  failures: number;
  generation: number;
}

export interface LiveRow extends SharedRow {
  phase: number;
  restarts: number;
  wake_at: number;
  min_results: number;
  max_results: number;
  consumed: number;
  state_kind: number;
  poll_error: Uint8Array | null;
}

export interface FinishedRow extends SharedRow {
  ended: number;
  status: number;
  finished_at: number;
  arrival: number;
}

export interface ResultRow {
  arrival: number;
  id: number;
  correlation_high: number;
  correlation_low: number;
  output: Uint8Array | null;
  error: Uint8Array | null;
}

export function liveRecord(row: LiveRow): CallRecord {
  return {
    ...shared(row),
    phase: PHASES[row.phase]!,
    restarts: row.restarts,
    wakeAtMs: row.wake_at,
    minResults: row.min_results,
    maxResults: row.max_results,
    consumed: row.consumed,
    stateKind: STATE_KINDS[row.state_kind]!,
    pollError: row.poll_error,
  };
}

/** What only a live call has is at its beginning. */
export function finishedRecord(row: FinishedRow): FinishedCall {
  const call: CallRecord = {
    ...shared(row),
    phase: "waiting",
    restarts: 0,
    wakeAtMs: row.finished_at,
    minResults: 1,
    maxResults: 1,
    consumed: 0,
    stateKind: "none",
    pollError: null,
  };
  const end: CallEnd = {
    state: ENDS[row.ended]!,
    status: row.status,
    finishedAtMs: row.finished_at,
    arrival: row.arrival,
  };
  return { call, end };
}

export function storedResult(row: ResultRow): StoredResult {
  return {
    arrival: row.arrival,
    callId: row.id,
    correlationId: correlationOf(row),
    output: row.output,
    error: row.error,
  };
}

function correlationOf(row: { correlation_high: number; correlation_low: number }): bigint {
  return (BigInt(row.correlation_high) << 32n) | BigInt(row.correlation_low);
}

function shared(row: SharedRow) {
  return {
    id: row.id,
    parentId: row.parent,
    rootId: row.root,
    parentGeneration: row.parent_generation,
    correlationId: correlationOf(row),
    endpoint: row.endpoint,
    function: row.function,
    version: row.version,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    priority: row.priority,
    retry: row.retry === null ? null : (JSON.parse(row.retry) as RetryRecord),
    attempt: row.attempt,
    failures: row.failures,
    generation: row.generation,
  };
}
