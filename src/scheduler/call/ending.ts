/** How a call stops and ends. */
import { NEVER_MS, type NoteKind } from "../../store/index.ts";
import { Status } from "../../wire/status.ts";
import { encodeError } from "../wire/error.ts";
import type { Call, EndState } from "./call.ts";
import type { Effect } from "./effects.ts";
import { toRecord } from "./record.ts";

/**
 * Ends at once when nothing below or under way has to stop first; else the call is cancelling until it has, or
 * until `graceUntilMs` for an attempt that does not listen.
 */
export function stop(
  call: Call,
  ending: Call["ending"],
  reason: string,
  graceUntilMs: number,
  effects: Effect[],
): Call {
  const next = { ...call, ending };
  if (!call.runActive && call.children === 0) return endStopped({ ...next, state: "cancelling" }, effects);
  const stopping: Call = {
    ...next,
    state: "cancelling",
    wakeAtMs: call.runActive ? graceUntilMs : NEVER_MS,
  };
  effects.push({ type: "write", change: { kind: "update", call: toRecord(stopping) } });
  if (call.runActive) effects.push({ type: "abort", reason: ending });
  if (call.children > 0) effects.push({ type: "cancel_children", reason: `${reason} (of the call above)` });
  return stopping;
}

/** The end of a cancelling call, once neither an attempt nor a child is left. */
export function endStopped(call: Call, effects: Effect[]): Call {
  if (call.runActive || call.children > 0) return call;
  return call.ending === "expired"
    ? end(call, "expired", Status.TIMEOUT, null, EXPIRED, effects)
    : end(call, "cancelled", Status.PERMANENT_ERROR, null, CANCELLED, effects);
}

export function end(
  call: Call,
  state: EndState,
  status: number,
  output: Uint8Array | null,
  error: Uint8Array | null,
  effects: Effect[],
): Call {
  effects.push({ type: "end", state, status, output, error });
  return { ...call, state, runActive: false, delivering: 0 };
}

/** Keeps the last 128 attempts' notes of a call that fails or starts over for ever. */
export function note(call: Call, atMs: number, kind: NoteKind, status: number, message: string): Effect {
  return {
    type: "write",
    change: {
      kind: "note",
      id: call.id,
      number: (call.attempt % 128) * 2 + (kind === "cancel_requested" || kind === "retried" ? 1 : 0),
      note: { atMs, kind, attempt: call.attempt, status, message: message.slice(0, NOTE_LENGTH_MAX) },
    },
  };
}

const NOTE_LENGTH_MAX = 500;
const EXPIRED = encodeError("Timeout", "the call did not end before its expiration time");
const CANCELLED = encodeError("Cancelled", "the call was cancelled");
