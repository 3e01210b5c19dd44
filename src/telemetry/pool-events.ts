/** What the pool tells. */

/** One message to a thread. */
export interface PoolBatchSent {
  readonly type: "pool-batch-sent";
  readonly runs: number;
}

/** Runs answered, as many as came back in one message. */
export interface PoolRunsFinished {
  readonly type: "pool-runs-finished";
  readonly runs: readonly {
    readonly functionName: string;
    /** `dispatch.sdk.v1.Status` of the answer. */
    readonly status: number;
    readonly durationSeconds: number;
    readonly queueSeconds: number;
    /** Why the pool answered instead of the function. */
    readonly reason?: string;
  }[];
}

export interface PoolThreadStarted {
  readonly type: "pool-thread-started";
  readonly threadId: number;
}

export interface PoolThreadDied {
  readonly type: "pool-thread-died";
  readonly threadId: number;
  readonly reason: "exit" | "uncaught" | "blocked" | "out-of-memory" | "unknown" | "retired" | "start-failed";
  readonly text: string;
  /** The function to blame, when it is known. */
  readonly functionName: string | undefined;
  readonly runsRepeated: number;
}

export type PoolEvent = PoolBatchSent | PoolRunsFinished | PoolThreadStarted | PoolThreadDied;
