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
  trace: string | null;
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

/** The columns both tables have, in the order they declare them. */
export const SHARED_COLUMNS = `
  id, parent, root, parent_generation, correlation_high, correlation_low, endpoint, function, version,
  created_at, expires_at, priority, retry, trace`;

/** Everything but the payloads, which most readers do not need. */
export const LIVE_COLUMNS = `${SHARED_COLUMNS}, attempt, failures, generation, phase, restarts, wake_at,
  min_results, max_results, consumed, state_kind, poll_error`;
export const FINISHED_COLUMNS = `${SHARED_COLUMNS}, attempt, failures, generation,
  ended, status, finished_at, arrival`;

/** Written out: a million of these are read after a restart, and spreading an object costs twice as much. */
export function liveRecord(row: LiveRow): CallRecord {
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
    retry: retryOf(row),
    trace: row.trace,
    attempt: row.attempt,
    failures: row.failures,
    generation: row.generation,
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
  const call = liveRecord({
    ...row,
    phase: 0,
    restarts: 0,
    wake_at: row.finished_at,
    min_results: 1,
    max_results: 1,
    consumed: 0,
    state_kind: 0,
    poll_error: null,
  });
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

export function correlationOf(row: { correlation_high: number; correlation_low: number }): bigint {
  if (row.correlation_high === 0) return row.correlation_low === 0 ? 0n : BigInt(row.correlation_low);
  return (BigInt(row.correlation_high) << 32n) | BigInt(row.correlation_low);
}

function retryOf(row: { retry: string | null }): RetryRecord | null {
  return row.retry === null ? null : (JSON.parse(row.retry) as RetryRecord);
}
