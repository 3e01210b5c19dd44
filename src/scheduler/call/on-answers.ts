/** What an attempt's answer does to its call. An answer of any other attempt changes nothing. */
import { NEVER_MS } from "../../store/index.ts";
import { isRetriedFromInput, Status, statusName } from "../../wire/status.ts";
import { encodeError } from "../wire/error.ts";
import { retryDelayMs } from "./backoff.ts";
import type { Call } from "./call.ts";
import { spawn } from "./children.ts";
import type { Effect } from "./effects.ts";
import { end, endStopped, note } from "./ending.ts";
import type {
  AttemptFailure,
  ExitedEvent,
  FailedEvent,
  Poll,
  PolledEvent,
  TailCalledEvent,
} from "./events.ts";
import { hasEnough, wakeWhenDue } from "./on-events.ts";
import { callFault, pollFault } from "./polls.ts";
import { toRecord } from "./record.ts";

type Answer = ExitedEvent | PolledEvent | TailCalledEvent | FailedEvent;

export function staleAnswer(call: Call, _event: Answer, _nowMs: number, effects: Effect[]): Call {
  effects.push({ type: "drop", reason: "stale" });
  return call;
}

export function exit(call: Call, event: ExitedEvent, nowMs: number, effects: Effect[]): Call {
  if (event.attempt !== call.attempt) return staleAnswer(call, event, nowMs, effects);
  const state = event.status === Status.OK ? "succeeded" : "failed";
  return end(call, state, event.status, event.output, event.error, effects);
}

export function failedAnswer(call: Call, event: FailedEvent, nowMs: number, effects: Effect[]): Call {
  if (event.attempt !== call.attempt) return staleAnswer(call, event, nowMs, effects);
  return failAttempt(call, event.failure, nowMs, effects);
}

/** Tried again after a backoff, from its last state or, where that cannot be read, from its input; or the end. */
export function failAttempt(call: Call, failure: AttemptFailure, nowMs: number, effects: Effect[]): Call {
  const failures = call.failures + 1;
  const restart = isRetriedFromInput(failure.status);
  const delayMs = retryDelayMs(failure, failures);
  if (delayMs === undefined || (restart && call.restarts >= failure.policy.restartsMax)) {
    return end({ ...call, failures }, "failed", failure.status, failure.output, failure.error, effects);
  }
  const kept: Call = { ...call, state: "delayed", runActive: false, delivering: 0, failures };
  const next = { ...(restart ? startOver(kept, effects) : kept), wakeAtMs: nowMs + delayMs };
  effects.push({
    type: "write",
    change: { kind: "update", call: toRecord(next), ...(restart ? { state: null } : {}) },
  });
  const message = `${statusName(failure.status)}: ${failure.message}`;
  effects.push(note(call, nowMs, restart ? "restarted" : "attempt_failed", failure.status, message));
  return next;
}

export function polled(call: Call, event: PolledEvent, nowMs: number, effects: Effect[]): Call {
  if (event.attempt !== call.attempt) return staleAnswer(call, event, nowMs, effects);
  const { poll } = event;
  const fault = pollFault(poll);
  if (fault !== undefined) return refusePoll(call, event, { ...INVALID_POLL, fault }, nowMs, effects);
  const count = poll.calls.length;
  if (count > event.room) return noRoom(call, event, nowMs, effects);
  const waiting: Call = {
    ...progressed(call, poll),
    state: "suspended",
    failures: 0,
    wakeAtMs: nowMs + poll.maxWaitMs!,
    minResults: poll.minResults,
    maxResults: poll.maxResults,
    outstanding: call.outstanding + count,
    children: call.children + count,
    pollError: null,
  };
  const next: Call = hasEnough(waiting) ? { ...waiting, state: "ready" } : waiting;
  effects.push({ type: "write", change: { kind: "update", call: toRecord(next), state: poll.state } });
  effects.push({ type: "state", state: poll.state });
  for (let i = 0; i < count; i++) spawn(next, poll.calls[i]!, event.firstChildId + i, nowMs, effects);
  if (next.state === "ready") effects.push({ type: "enqueue" });
  return next;
}

/**
 * Others may end: the run is tried again for a while, as if it had not been. Then the function hears of it, since
 * those that wait for room may be the ones that take it.
 */
function noRoom(call: Call, event: PolledEvent, nowMs: number, effects: Effect[]): Call {
  const { room, roomMax, failure } = event;
  const fault = `poll.calls: there is room for ${Math.max(0, room)} more calls, not for ${event.poll.calls.length}`;
  if (event.poll.calls.length > roomMax || call.failures >= NO_ROOM_MAX) {
    return refusePoll(call, event, { ...NO_ROOM, fault }, nowMs, effects);
  }
  const error = encodeError(NO_ROOM.type, fault);
  return failAttempt(call, { ...failure, status: NO_ROOM.status, error, message: fault }, nowMs, effects);
}

const INVALID_POLL = { type: "InvalidPoll", status: Status.INVALID_RESPONSE };
const NO_ROOM = { type: "TooManyCalls", status: Status.THROTTLED };
/** Attempts in a row: half a minute by the usual policy. */
const NO_ROOM_MAX = 8;

interface PollRefusal {
  readonly type: string;
  /** What the call ends with when it polls so again and again. */
  readonly status: Status;
  readonly fault: string;
}

/** The function hears of it in its next run, and fails only the calls of this round. */
function refusePoll(
  call: Call,
  event: PolledEvent,
  { type, status, fault }: PollRefusal,
  nowMs: number,
  effects: Effect[],
): Call {
  const failures = call.failures + 1;
  const error = encodeError(type, fault);
  const failure: AttemptFailure = { ...event.failure, status: Status.TEMPORARY_ERROR };
  const delayMs = failures === 1 ? 0 : retryDelayMs(failure, failures);
  effects.push(note(call, nowMs, "poll_refused", status, fault));
  if (delayMs === undefined) return end(call, "failed", status, null, error, effects);
  const refused: Call = {
    ...progressed(call, event.poll),
    failures,
    pollError: error,
    wakeAtMs: nowMs + delayMs,
    minResults: 1,
    maxResults: 1,
  };
  effects.push({
    type: "write",
    change: { kind: "update", call: toRecord({ ...refused, state: "delayed" }), state: event.poll.state },
  });
  effects.push({ type: "state", state: event.poll.state });
  return wakeWhenDue(refused, nowMs, effects);
}

/** The run took its results and left a state: neither is needed again. */
function progressed(call: Call, poll: Poll): Call {
  return {
    ...call,
    runActive: false,
    delivering: 0,
    consumed: call.consumed + call.delivering,
    stateKind: poll.stateKind,
  };
}

export function tailCalled(call: Call, event: TailCalledEvent, nowMs: number, effects: Effect[]): Call {
  if (event.attempt !== call.attempt) return staleAnswer(call, event, nowMs, effects);
  const tail = event.call;
  const fault = callFault(tail, true);
  if (fault !== undefined) {
    const error = encodeError("InvalidTailCall", `exit.tail_call.${fault}`);
    return end(call, "failed", Status.INVALID_RESPONSE, null, error, effects);
  }
  const cleared: Call = {
    ...startOver(call, effects),
    state: "delayed",
    runActive: false,
    delivering: 0,
    endpoint: tail.endpoint || call.endpoint,
    function: tail.function,
    version: tail.version,
    retry: tail.retry ?? call.retry,
    priority: tail.priority ?? call.priority,
    expiresAtMs: tail.expirationMs ? nowMs + tail.expirationMs : call.expiresAtMs,
    wakeAtMs: nowMs + (tail.delayMs ?? 0),
    failures: 0,
    restarts: 0,
  };
  effects.push({
    type: "write",
    change: { kind: "update", call: toRecord(cleared), input: tail.input, state: null },
  });
  effects.push({ type: "input", input: tail.input });
  effects.push(note(call, nowMs, "tail_called", Status.OK, tail.function));
  return wakeWhenDue(cleared, nowMs, effects);
}

/** A new generation: whatever the one before still had under way is stopped, and its results are strangers'. */
function startOver(call: Call, effects: Effect[]): Call {
  if (call.children > 0) {
    effects.push({ type: "cancel_children", reason: "the call above started over" });
  }
  effects.push({ type: "forget" });
  return {
    ...call,
    generation: call.generation + 1,
    restarts: call.restarts + 1,
    consumed: 0,
    arrivals: 0,
    outstanding: 0,
    stateKind: "none",
    pollError: null,
  };
}

/** Told to stop, and it has: by ending, by failing, or by suspending; its calls are not made. */
export function stopped(call: Call, event: Answer, nowMs: number, effects: Effect[]): Call {
  if (!call.runActive || event.attempt !== call.attempt) return staleAnswer(call, event, nowMs, effects);
  return endStopped({ ...call, runActive: false, wakeAtMs: NEVER_MS }, effects);
}
