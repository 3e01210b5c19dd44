/** One run the pool has taken, from its arrival to its answer. */
import type { PoolFunction } from "./functions.ts";

export interface Run {
  /** Unique among the runs that are alive. */
  readonly id: number;
  readonly functionName: string;
  readonly fn: PoolFunction;
  readonly request: Uint8Array;
  /** The call it is a run of, where the caller knows. */
  readonly callId: string | undefined;
  readonly queuedAtMs: number;
  /** When it was last sent to a thread; 0 before. */
  sentAtMs: number;
  /** The seat it has in its thread, or -1 while it waits. */
  seat: number;
  /** How long it was expected to occupy a thread when it was sent, microseconds. */
  costMicros: number;
  /** The message it was sent in, until the thread has started all of that. */
  batch: SentBatch | undefined;
  /** Whether its thread had started it, known once the thread is dead. */
  started: boolean;
  /** Deaths of threads in which this run may have been the cause. A run with strikes is a suspect. */
  strikes: number;
  /** Threads that died after they had started it. */
  losses: number;
  /** Set when the caller wants it no more. */
  cancelled: boolean;
  /** Set when the caller has its answer: whatever else comes of the run is not heard. */
  answered: boolean;
  /** The runs that the caller's signal cancels, this one among them. */
  watchedWith: Set<Run> | undefined;
  readonly answer: (response: Uint8Array) => void;
}

export function newRun(
  run: Pick<Run, "id" | "functionName" | "fn" | "request" | "callId" | "queuedAtMs" | "answer">,
): Run {
  // Written out: every run has the same shape, and spreading costs more than all of this.
  return {
    id: run.id,
    functionName: run.functionName,
    fn: run.fn,
    request: run.request,
    callId: run.callId,
    queuedAtMs: run.queuedAtMs,
    sentAtMs: 0,
    seat: -1,
    costMicros: 0,
    batch: undefined,
    started: false,
    strikes: 0,
    losses: 0,
    cancelled: false,
    answered: false,
    watchedWith: undefined,
    answer: run.answer,
  };
}

export interface SentBatch {
  readonly runs: readonly Run[];
  readonly sentAtMs: number;
  /** Seats of runs taken back. Not given to others before the thread has passed over them. */
  readonly withdrawnSeats: number[];
}

/** Runs that must not share a thread with another of their kind, so that a death tells which it was. */
export function isIsolated(run: Run): boolean {
  return run.strikes > 0 || run.fn.isOnProbation;
}
