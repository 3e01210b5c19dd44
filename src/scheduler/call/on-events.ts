/** What happens to a call besides answers and timers. */
import { NEVER_MS } from "../../store/index.ts";
import { Status } from "../../wire/status.ts";
import { type Call, pendingResults } from "./call.ts";
import type { Effect } from "./effects.ts";
import { end, endStopped, note, stop } from "./ending.ts";
import type {
  AdoptedEvent,
  CancelEvent,
  ChildEndedEvent,
  InterruptedEvent,
  RecordedEvent,
  RecoveredEvent,
  RetryEvent,
  StartedEvent,
} from "./events.ts";
import { toRecord } from "./record.ts";

export function recorded(call: Call, _event: RecordedEvent, nowMs: number, effects: Effect[]): Call {
  return wakeWhenDue(call, nowMs, effects);
}

/** Ready now, or delayed until `wakeAtMs`. */
export function wakeWhenDue(call: Call, nowMs: number, effects: Effect[]): Call {
  if (call.wakeAtMs > nowMs) return { ...call, state: "delayed" };
  effects.push({ type: "enqueue" });
  return { ...call, state: "ready" };
}

export function started(call: Call, event: StartedEvent, nowMs: number): Call {
  return {
    ...call,
    state: "running",
    attempt: call.attempt + 1,
    runActive: true,
    delivering: event.results,
    wakeAtMs: nowMs + event.timeoutMs,
  };
}

/** What the process before had under way is forgotten; what arrived meanwhile is not. */
export function recovered(call: Call, _event: RecoveredEvent, nowMs: number, effects: Effect[]): Call {
  switch (call.state) {
    case "suspended":
      if (!hasEnough(call)) return call;
      effects.push({ type: "enqueue" });
      return { ...call, state: "ready" };
    case "cancelling":
      if (call.children > 0) effects.push({ type: "cancel_children", reason: "the call above was stopped" });
      return endStopped(call, effects);
    default:
      return wakeWhenDue(call, nowMs, effects);
  }
}

/** No failure of the call: it may have stood beside the one that did it. */
export function interrupted(call: Call, event: InterruptedEvent, nowMs: number, effects: Effect[]): Call {
  const next: Call = { ...call, attempt: Math.max(call.attempt, event.attempt) };
  effects.push(
    note(next, nowMs, "attempt_failed", Status.TEMPORARY_ERROR, "the process died during the run"),
  );
  if (event.error !== null) {
    return end(next, "failed", Status.PERMANENT_ERROR, null, event.error, effects);
  }
  effects.push({ type: "write", change: { kind: "update", call: toRecord(next) } });
  return next;
}

export function adopted(call: Call, event: AdoptedEvent): Call {
  return { ...call, children: call.children + event.count };
}

export function cancel(call: Call, event: CancelEvent, nowMs: number, effects: Effect[]): Call {
  effects.push(note(call, nowMs, "cancel_requested", 0, event.reason));
  return stop(call, "cancelled", event.reason, nowMs + event.graceMs, effects);
}

/** The result waits until it is asked for; the state does not change. */
export function childCounted(call: Call, event: ChildEndedEvent, _nowMs: number, effects: Effect[]): Call {
  if (event.generation === call.generation) {
    return {
      ...call,
      children: call.children - 1,
      outstanding: call.outstanding - 1,
      arrivals: call.arrivals + 1,
    };
  }
  if (event.generation >= 0) effects.push({ type: "drop", reason: "stranger" });
  return { ...call, children: call.children - 1 };
}

export function childEndedSuspended(
  call: Call,
  event: ChildEndedEvent,
  nowMs: number,
  effects: Effect[],
): Call {
  const next = childCounted(call, event, nowMs, effects);
  if (!hasEnough(next)) return next;
  effects.push({ type: "enqueue" });
  return { ...next, state: "ready" };
}

/** As many results as asked for, or all that will ever come. */
export function hasEnough(call: Call): boolean {
  const pending = pendingResults(call);
  return pending >= call.minResults || (pending > 0 && call.outstanding === 0);
}

export function childEnded(call: Call, event: ChildEndedEvent, nowMs: number, effects: Effect[]): Call {
  return endStopped(childCounted(call, event, nowMs, effects), effects);
}

/** Nobody waits for the result any more: the caller has had the first one. A limit on its life starts anew. */
export function retry(call: Call, _event: RetryEvent, nowMs: number, effects: Effect[]): Call {
  const lifeMs = call.expiresAtMs - call.createdAtMs;
  const next: Call = {
    ...call,
    state: "dispatched",
    parentGeneration: -1,
    expiresAtMs: call.expiresAtMs === NEVER_MS ? NEVER_MS : nowMs + lifeMs,
    wakeAtMs: nowMs,
    failures: 0,
    restarts: 0,
    generation: call.generation + 1,
    consumed: 0,
    arrivals: 0,
    outstanding: 0,
    delivering: 0,
    runActive: false,
    stateKind: "none",
    pollError: null,
  };
  effects.push({ type: "write", change: { kind: "revive", call: toRecord(next) } });
  effects.push(note(next, nowMs, "retried", 0, ""));
  return next;
}
