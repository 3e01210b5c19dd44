/**
 * What to do with a quiet coroutine: a decision without I/O, clock or randomness of its own.
 */
import type { Coroutine, NewCall } from "./coroutine.ts";

export type StepResult =
  /** The function returned, or threw. */
  | { readonly kind: "exit"; readonly ok: true; readonly value: unknown }
  | { readonly kind: "exit"; readonly ok: false; readonly error: unknown }
  /** It waits for calls or for time to pass. */
  | {
      readonly kind: "poll";
      readonly calls: readonly NewCall[];
      readonly minResults: number;
      readonly maxResults: number;
      readonly maxWaitMs: number;
    }
  /** A sleep so short that suspending is not worth it. */
  | { readonly kind: "nap"; readonly ms: number }
  /** Neither a call nor a sleep is pending. */
  | { readonly kind: "stuck" };

export interface StepLimits {
  /** Results handed over in one run at the most, 1 to 1000. Default: 10. */
  resultsMax?: number;
  /** A poll without sleeps is renewed after this long, at least 1000. Default: 86,400,000, one day. */
  waitMsMax?: number;
  /** Sleeps with less than this left are waited for in place. 0 suspends for every sleep. Default: 1,000. */
  napMsMax?: number;
}

/** `Poll.max_wait` must be a second or more. */
const WAIT_MS_MIN = 1_000;

/** @param nowMs milliseconds since the epoch, by which sleeps are measured */
export function step(coroutine: Coroutine, nowMs: number, limits: StepLimits = {}): StepResult {
  const { main, pending, sleeping, fresh } = coroutine;
  if (main.$$S === 1) return { kind: "exit", ok: true, value: main.$$V };
  if (main.$$S === 2) return { kind: "exit", ok: false, error: main.$$V };
  if (pending.size === 0 && sleeping.size === 0) return { kind: "stuck" };
  const { resultsMax = 10, waitMsMax = 86_400_000, napMsMax = WAIT_MS_MIN } = limits;
  let waitMs = sleeping.size > 0 ? Number.POSITIVE_INFINITY : waitMsMax;
  for (const { wakeAtMs } of sleeping) waitMs = Math.min(waitMs, wakeAtMs - nowMs);
  if (waitMs <= 0) return { kind: "nap", ms: 0 };
  if (waitMs < napMsMax && fresh.length === 0) return { kind: "nap", ms: waitMs };
  return {
    kind: "poll",
    calls: fresh,
    minResults: 1,
    maxResults: Math.max(1, Math.min(pending.size, resultsMax)),
    maxWaitMs: Math.max(WAIT_MS_MIN, Math.ceil(waitMs)),
  };
}
