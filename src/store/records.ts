/** The rows of the store, as every backend reads and writes them. */

/** Stands for "no such time": later than any, and still an integer that a database column holds. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

/**
 * A call that has not ended. Two calls are never told apart by what is in memory: `ready` and `running` are one
 * to the store, and a call found here after a crash is run again.
 */
export interface CallRecord {
  readonly id: number;
  /** 0: dispatched by a client. */
  readonly parentId: number;
  /** The call at the top of the tree; its own id when it has no parent. */
  readonly rootId: number;
  /** The parent's generation that made this call; -1 when no parent waits for its result. */
  readonly parentGeneration: number;
  /** Opaque, 64 bits, chosen by the caller. */
  readonly correlationId: bigint;
  readonly endpoint: string;
  readonly function: string;
  readonly version: string;
  readonly createdAtMs: number;
  /** NEVER_MS when it does not expire. */
  readonly expiresAtMs: number;
  /** Higher runs first, -100 to 100. */
  readonly priority: number;
  /** What the call asks for instead of its function's policy; absent fields are the function's. */
  readonly retry: RetryRecord | null;
  /** The trace that its runs continue, as `telemetry/tracing` writes it; null when it is in none. */
  readonly trace: string | null;

  readonly phase: CallPhase;
  /** Runs started so far, as far as was written. */
  readonly attempt: number;
  /** Failed runs since the last progress: decides the backoff and the attempt limit. */
  readonly failures: number;
  /** Counts restarts from the input and tail calls: results of an earlier generation's children are dropped. */
  readonly generation: number;
  /** Restarts because of INCOMPATIBLE_STATE since the input was set. */
  readonly restarts: number;
  /** `waiting`: may run from here on. `suspended`: is woken at the latest here. */
  readonly wakeAtMs: number;
  readonly minResults: number;
  readonly maxResults: number;
  /** This generation's results with an arrival number up to this one were taken by a run that made progress. */
  readonly consumed: number;
  /** Which form the state has; decides the field it goes back in. */
  readonly stateKind: StateKind;
  /** A refused poll that the next run is told of, as an encoded `dispatch.sdk.v1.Error`. */
  readonly pollError: Uint8Array | null;
}

/**
 * `waiting` covers delayed, ready and running: what tells them apart is the clock and this process's memory.
 * `cancelling` and `expiring` wait for their attempt and their children to stop, then end as their name says.
 */
export type CallPhase = "waiting" | "suspended" | "cancelling" | "expiring";

/** `none`: never suspended, the next run gets the input. `typed` and `bytes`: the two fields a state comes in. */
export type StateKind = "none" | "typed" | "bytes";

export interface RetryRecord {
  readonly attemptsMax?: number;
  readonly firstDelayMs?: number;
  readonly factor?: number;
  readonly delayMsMax?: number;
}

/** How a call ended. */
export interface CallEnd {
  readonly state: "succeeded" | "failed" | "expired" | "cancelled";
  /** Number of the `dispatch.sdk.v1.Status` it ended with. */
  readonly status: number;
  readonly finishedAtMs: number;
  /** Place, from 1, in the order of results of its parent's generation; 0 when no parent waits for it. */
  readonly arrival: number;
}

export interface FinishedCall {
  readonly call: CallRecord;
  readonly end: CallEnd;
}

/** A result on its way to the caller. `output` is an encoded Any, `error` an encoded dispatch.sdk.v1.Error. */
export interface StoredResult {
  readonly arrival: number;
  readonly callId: number;
  readonly correlationId: bigint;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

/** Something worth telling about a call besides its beginning and its end. */
export interface CallNote {
  readonly atMs: number;
  readonly kind: NoteKind;
  readonly attempt: number;
  readonly status: number;
  readonly message: string;
}

export type NoteKind =
  | "attempt_failed"
  | "poll_refused"
  | "restarted"
  | "tail_called"
  | "cancel_requested"
  | "retried";
