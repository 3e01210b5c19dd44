/** The pool's figures at one moment, read from the front without asking the threads. */
import type { EventLoopTime } from "../telemetry/busy-share.ts";
import type { DeathReason } from "./verdict.ts";

/** Why a thread ended: `retired` when nobody needed it any more. */
export type EndReason = DeathReason | "retired" | "start-failed";

export interface PoolSnapshot {
  threads: ThreadSnapshot[];
  /** Runs that wait for a thread. */
  queued: number;
  /** Runs sent to threads and not yet answered. */
  inFlight: number;
  threadStarts: number;
  threadDeaths: Record<EndReason, number>;
  batchesSent: number;
  runsSent: number;
  /** Runs whose thread died and that were sent again. */
  runsRepeated: number;
  /** Runs taken back from a thread that was slow to start them, and sent to another. */
  runsMoved: number;
  /** Milliseconds until the breaker lets threads start again; 0 when it is closed. */
  breakerOpenForMs: number;
}

export interface ThreadSnapshot {
  id: number;
  inFlight: number;
  eventLoop: EventLoopTime;
  /** Heap and buffers as of the last heartbeat, garbage included. */
  heapUsedBytes: number;
  /** What it may keep of both. */
  heapLimitBytes: number;
  ready: boolean;
}

export function emptySnapshot(): PoolSnapshot {
  return {
    threads: [],
    queued: 0,
    inFlight: 0,
    threadStarts: 0,
    threadDeaths: {
      exit: 0,
      uncaught: 0,
      blocked: 0,
      "out-of-memory": 0,
      unknown: 0,
      retired: 0,
      "start-failed": 0,
    },
    batchesSent: 0,
    runsSent: 0,
    runsRepeated: 0,
    runsMoved: 0,
    breakerOpenForMs: 0,
  };
}
