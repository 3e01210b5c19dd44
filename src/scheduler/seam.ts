/** The scheduler as the fronts see it: the Dispatch and Control APIs, the client of the same process, tests. */
import type {
  CallDetails,
  CallEvent,
  CallResult,
  CallResults,
  CallSummary,
  DispatchCall,
  ListRequest,
  ListResponse,
} from "./types.ts";

export interface SchedulerApi {
  /**
   * Records the calls, all or none, and gives their ids in the same order: those of earlier calls where an
   * idempotency key is known already. Durable when it resolves.
   *
   * Throws SchedulerError `invalid_argument` (naming index and field), `resource_exhausted`, `unavailable`.
   */
  dispatch(calls: readonly DispatchCall[]): Promise<string[]>;

  /**
   * The call's result, as soon as it has one. Any number of waiters, from any process, before and after the end.
   *
   * Throws SchedulerError `not_found`; the signal's reason when it is aborted; `unavailable` on close.
   */
  wait(id: string, signal?: AbortSignal): Promise<CallResult>;

  /**
   * Results of several calls: as soon as there is one, all that are there by then, those that became durable with it
   * included. The same may be asked for again. Of what has to be read from the store no more than `bytesMax` bytes are
   * given at a time, or one result; what is left is in neither list. Default: all.
   *
   * Throws the signal's reason when it is aborted; SchedulerError `unavailable` on close.
   */
  waitMany(ids: readonly string[], signal?: AbortSignal, bytesMax?: number): Promise<CallResults>;

  get(id: string): Promise<CallDetails>;
  list(request: ListRequest): Promise<ListResponse>;
  /** The call's story, oldest first. */
  events(id: string): Promise<CallEvent[]>;

  /**
   * Cancels a call and every call below it. Resolves when this is recorded; running attempts are aborted then.
   * Cancelling a call that has ended changes nothing.
   */
  cancel(id: string): Promise<CallSummary>;

  /** Runs a failed, expired or cancelled call again, from its input. Throws `failed_precondition` otherwise. */
  retry(id: string): Promise<CallSummary>;
}
