/** What a timer means in each state. It may fire early, or late and for several reasons at once. */
import type { Call } from "./call.ts";
import type { Effect } from "./effects.ts";
import { endStopped, stop } from "./ending.ts";
import type { DueEvent } from "./events.ts";
import { failAttempt } from "./on-answers.ts";
import { wakeWhenDue } from "./on-events.ts";

export function dueDelayed(call: Call, event: DueEvent, nowMs: number, effects: Effect[]): Call {
  if (isExpired(call, nowMs)) return expire(call, event, nowMs, effects);
  return call.wakeAtMs > nowMs ? call : wakeWhenDue(call, nowMs, effects);
}

export function dueReady(call: Call, event: DueEvent, nowMs: number, effects: Effect[]): Call {
  return isExpired(call, nowMs) ? expire(call, event, nowMs, effects) : call;
}

export function dueRunning(call: Call, event: DueEvent, nowMs: number, effects: Effect[]): Call {
  if (isExpired(call, nowMs)) return expire(call, event, nowMs, effects);
  if (call.wakeAtMs > nowMs) return call;
  if (event.runLeftMs > 0) return { ...call, wakeAtMs: nowMs + Math.ceil(event.runLeftMs) };
  effects.push({ type: "abort", reason: "timed_out" });
  return failAttempt(call, event.failure, nowMs, effects);
}

export function dueSuspended(call: Call, event: DueEvent, nowMs: number, effects: Effect[]): Call {
  if (isExpired(call, nowMs)) return expire(call, event, nowMs, effects);
  return call.wakeAtMs > nowMs ? call : wakeWhenDue(call, nowMs, effects);
}

/** Told to stop and did not: given up. What it still answers is stale. */
export function dueCancelling(call: Call, _event: DueEvent, nowMs: number, effects: Effect[]): Call {
  if (call.wakeAtMs > nowMs) return call;
  return endStopped({ ...call, runActive: false, wakeAtMs: Number.MAX_SAFE_INTEGER }, effects);
}

function isExpired(call: Call, nowMs: number): boolean {
  return call.expiresAtMs <= nowMs;
}

function expire(call: Call, event: DueEvent, nowMs: number, effects: Effect[]): Call {
  return stop(call, "expired", "expired", nowMs + event.graceMs, effects);
}
