import { checkCallOptions, checked, refuseUnknown } from "../call-options.ts";
import type { RetryOptions } from "../scope.ts";

/** How the calls of one function are run. Each field can be overridden by configuration; absent means the service's own. */
export interface FunctionOptions {
  /**
   * Attempts and the time between them, for failures that are retried. Without it a failing call is tried until it
   * expires: set `attemptsMax` for work that is not worth trying for ever. Default: the scheduler's.
   */
  readonly retry?: RetryOptions;
  /**
   * A call that has not ended after this many milliseconds fails with TIMEOUT; waiting, retries and suspensions count.
   * 1 ms to 10 years. Shorter than one attempt takes: no call ever succeeds. Default: no limit.
   */
  readonly expirationMs?: number;
  /**
   * Higher runs first among the calls that wait, -100 to 100. Calls of lower priority wait for as long as higher ones
   * keep coming. Default: 0.
   */
  readonly priority?: number;
  /**
   * One run, from its start or resumption to its next suspension, may take this many milliseconds; then its `signal` is
   * aborted and it counts as TIMEOUT, to be retried. 1 ms to 10 years. Shorter than the work takes: it is retried in
   * vain. Longer: work that hangs holds its place for that time. Default: the pool's run timeout alone.
   */
  readonly timeoutMs?: number;
  /**
   * At most this many runs of the function at once, over all threads of one process; 1 to 1,000,000. Protects what the
   * function uses: a database, a rate limit. 1 runs calls one after the other. The scheduler of the process lets calls
   * wait for their turn; runs that another one sends beyond it are answered with THROTTLED. A run that is suspended
   * does not count. Default: no limit but the adaptive one.
   */
  readonly concurrencyMax?: number;
}

/**
 * @throws {RangeError} naming the option, its value and its bounds
 * @throws {TypeError} naming an option that does not exist
 */
export function checkFunctionOptions(options: FunctionOptions): FunctionOptions {
  const { retry, expirationMs, priority, timeoutMs, concurrencyMax, ...unknown } = options;
  refuseUnknown(unknown, "function option");
  return Object.freeze({
    ...checkCallOptions({
      ...(retry !== undefined && { retry }),
      ...(expirationMs !== undefined && { expirationMs }),
      ...(priority !== undefined && { priority }),
    }),
    ...checked("timeoutMs", timeoutMs, 1, 10 * 365 * 86_400_000),
    ...checked("concurrencyMax", concurrencyMax, 1, 1_000_000, true),
  });
}
