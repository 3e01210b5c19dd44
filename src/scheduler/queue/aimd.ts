/**
 * Additive increase, multiplicative decrease: how many runs of one function one destination is given at a time.
 * Pure: a limit and a sample give the next limit.
 */
import { Status } from "../../wire/status.ts";

export interface AimdOptions {
  /** Never fewer, so that a destination that recovers is found out. Default: 1. */
  readonly floor: number;
  /** Never more; also bounds what one function can hold of the scheduler's memory. Default: 1024. */
  readonly ceiling: number;
  /** Where a destination starts, before anything is known of it. Default: 32. */
  readonly start: number;
  /** What is left of the limit after a sign of overload. Default: 0.7. */
  readonly decrease: number;
  /** No growth while runs take this many times as long as the destination's usual. Default: 3. */
  readonly latencyFactor: number;
}

export const DEFAULT_AIMD: AimdOptions = Object.freeze({
  floor: 1,
  ceiling: 1024,
  start: 32,
  decrease: 0.7,
  latencyFactor: 3,
});

export interface AimdState {
  /** Whole part: runs at a time. */
  readonly limit: number;
  /** Doubling per round until the first sign of overload, then one per round: as TCP's slow start. */
  readonly probing: boolean;
  /** Runs started before this moment tell of the limit before the last decrease: they do not decrease again. */
  readonly decreasedAtMs: number;
  /** Moving averages of the latency of runs that ended well: over about 16 and about 1,024 of them. */
  readonly recentMs: number;
  readonly usualMs: number;
}

export interface AimdSample {
  readonly status: Status;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Whether the limit was reached: an idle destination's limit says nothing and stays. */
  readonly atLimit: boolean;
}

export function aimdStart(options: AimdOptions): AimdState {
  const limit = Math.min(options.ceiling, Math.max(options.floor, options.start));
  return { limit, probing: true, decreasedAtMs: Number.NEGATIVE_INFINITY, recentMs: 0, usualMs: 0 };
}

/** The protocol's rule: these three say "too much"; every other answer says the destination is able to answer. */
export function isOverload(status: Status): boolean {
  return status === Status.THROTTLED || status === Status.TIMEOUT || status === Status.TEMPORARY_ERROR;
}

export function aimd(state: AimdState, sample: AimdSample, options: AimdOptions): AimdState {
  if (isOverload(sample.status)) {
    if (sample.startedMs < state.decreasedAtMs) return state;
    const limit = Math.max(options.floor, state.limit * options.decrease);
    return { ...state, limit, probing: false, decreasedAtMs: sample.endedMs };
  }
  if (isUnreachable(sample.status)) return state;
  const latencyMs = sample.endedMs - sample.startedMs;
  const first = state.usualMs === 0;
  const recentMs = first ? latencyMs : state.recentMs + (latencyMs - state.recentMs) / 16;
  const usualMs = first ? latencyMs : state.usualMs + (latencyMs - state.usualMs) / 1024;
  const slow = recentMs > usualMs * options.latencyFactor + LATENCY_SLACK_MS;
  let { limit } = state;
  if (sample.atLimit && !slow) {
    limit = Math.min(options.ceiling, limit + (state.probing ? 1 : 1 / limit));
  }
  return { ...state, limit, recentMs, usualMs };
}

/** Nothing answered: backoff is the remedy, the limit would say nothing about what the destination bears. */
function isUnreachable(status: Status): boolean {
  return status === Status.DNS_ERROR || status === Status.TCP_ERROR || status === Status.TLS_ERROR;
}

/** Differences this small are the noise of a busy machine, not a queue at the destination. */
const LATENCY_SLACK_MS = 5;
