/** What the scheduler tells, once per batch. Function names are those of calls that exist. */
export type SchedulerEvent =
  /** Started on what the process before left; said once. */
  | {
      readonly type: "scheduler-recovered";
      readonly epoch: number;
      readonly live: number;
      readonly ready: number;
      readonly delayed: number;
      readonly suspended: number;
      readonly cancelling: number;
      readonly durationMs: number;
    }
  /**
   * The process before died while it had so many runs under way: those calls run one at a time until each is
   * cleared. So many were ended, since they have killed too often.
   */
  | { readonly type: "scheduler-runs-interrupted"; readonly runs: number; readonly ended: number }
  /** The wall clock is behind the latest time in the store: time goes on from there. */
  | { readonly type: "scheduler-clock-behind"; readonly behindMs: number }
  | { readonly type: "scheduler-committed"; readonly changes: number; readonly durationMs: number }
  /** Nothing of it was written. Without `retryInMs` nothing more is: the store is lost. */
  | {
      readonly type: "scheduler-commit-failed";
      readonly code: string;
      readonly message: string;
      readonly changes: number;
      readonly retryInMs: number | undefined;
    }
  /**
   * The store cannot be used, nor opened again so far: no call is taken and none runs. Said at each attempt to open
   * it; without `reopenInMs` there will be none.
   */
  | {
      readonly type: "scheduler-store-lost";
      readonly code: string;
      readonly message: string;
      readonly reopenInMs: number | undefined;
    }
  /** The store could be opened again, and its calls go on. */
  | { readonly type: "scheduler-store-reopened"; readonly lostForMs: number }
  /** Calls that ended in one commit, by function. */
  | {
      readonly type: "scheduler-calls-ended";
      readonly function: string;
      readonly state: "succeeded" | "failed" | "expired" | "cancelled";
      readonly count: number;
    }
  /** One call that ended failed or expired, for the log: `error` is "type: message". */
  | {
      readonly type: "scheduler-call-failed";
      readonly id: string;
      readonly function: string;
      readonly status: string;
      readonly error: string;
    }
  /** A call runs again from its input: the state it saved fits the function no more. */
  | {
      readonly type: "scheduler-call-restarted";
      readonly id: string;
      readonly function: string;
      /** Status and message of the attempt that could not go on. */
      readonly reason: string;
    }
  | {
      readonly type: "scheduler-calls-refused";
      readonly reason: "full" | "failing" | "closing";
      readonly count: number;
    }
  /** Answers that came too late, twice, or for an attempt that is over; results of an earlier generation. */
  | { readonly type: "scheduler-answer-dropped"; readonly reason: "stale" | "stranger" }
  | {
      readonly type: "scheduler-attempt-failed";
      readonly function: string;
      readonly status: string;
    }
  | { readonly type: "scheduler-removed"; readonly count: number }
  /** A fault of this program: an operation on the store failed, or a transition that cannot be. */
  | { readonly type: "scheduler-fault"; readonly operation: string; readonly message: string };
