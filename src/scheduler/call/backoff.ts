/** When a failed attempt is tried again. */
import { isRetried } from "../../wire/status.ts";
import type { AttemptFailure, RetryPolicy } from "./events.ts";

/** Tries for about four hours before it gives up, quickly at first. */
export const DEFAULT_RETRY: RetryPolicy = Object.freeze({
  attemptsMax: 100,
  firstDelayMs: 200,
  factor: 2,
  delayMsMax: 300_000,
  restartsMax: 3,
});

/**
 * Milliseconds until the next attempt after `failures` failed ones (this one included), or undefined when the
 * failure ends the call. Full jitter: anywhere between 0 and `min(cap, first * factor^(failures - 1))`, so that
 * calls that failed together do not come back together. A destination's wish to be left alone is a floor.
 */
export function retryDelayMs(failure: AttemptFailure, failures: number): number | undefined {
  const { policy } = failure;
  if (!isRetried(failure.status) || failures >= policy.attemptsMax) return undefined;
  // A factor to the power of many failures is infinite, and nothing times that is no number.
  const grown = policy.firstDelayMs === 0 ? 0 : policy.firstDelayMs * policy.factor ** (failures - 1);
  const ceiling = Math.min(policy.delayMsMax, grown);
  return Math.ceil(Math.max(ceiling * failure.random, failure.retryAfterMs ?? 0));
}
