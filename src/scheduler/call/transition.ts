import type { Call } from "./call.ts";
import type { Effect, Transition } from "./effects.ts";
import type { CallEvent } from "./events.ts";
import { IllegalTransition } from "./illegal.ts";
import { type Pair, STATES } from "./table.ts";

/**
 * The next state of a call and what is to be done about it. Pure: the same call, event and time give the same
 * answer. Throws IllegalTransition for a pair that `STATES` does not list.
 */
export function transition(call: Call, event: CallEvent, nowMs: number): Transition {
  const pair = STATES[call.state].on[event.type] as Pair<CallEvent> | undefined;
  if (pair === undefined) throw new IllegalTransition(call.state, event.type);
  const effects: Effect[] = [];
  return { call: pair.handle(call, event, nowMs, effects), effects };
}
