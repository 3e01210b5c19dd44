/** What a call does not say itself, its function says, where that is one of this process. */

import { NEVER_MS } from "../store/index.ts";
import type { Call } from "./call/call.ts";
import type { CallEvent, ChildCall } from "./call/events.ts";
import type { SchedulerSettings } from "./options.ts";

export type FunctionDefaults = Pick<SchedulerSettings, "expirationMsOf" | "priorityOf" | "isOwn">;

interface DefaultedCall {
  readonly function: string;
  readonly endpoint: string;
  readonly expirationMs?: number | undefined;
  readonly priority?: number | undefined;
}

/** How long a call may last. 0 is a time too, and means no limit. */
export const expirationMsOf = (call: DefaultedCall, defaults: FunctionDefaults): number | undefined =>
  call.expirationMs ?? ofFunction(call, defaults, defaults.expirationMsOf);

export const priorityOf = (call: DefaultedCall, defaults: FunctionDefaults): number | undefined =>
  call.priority ?? ofFunction(call, defaults, defaults.priorityOf);

function ofFunction(
  { function: name, endpoint }: DefaultedCall,
  { isOwn }: FunctionDefaults,
  defaultOf: (name: string) => number | undefined,
): number | undefined {
  const value = defaultOf(name);
  return value !== undefined && isOwn(endpoint) ? value : undefined;
}

/** The answer, with what the functions of the calls that it makes say. */
export function withDefaults<E extends CallEvent>(event: E, caller: Call, defaults: FunctionDefaults): E {
  const filled = (call: ChildCall, mayExpire: boolean): ChildCall => {
    const placed = { ...call, endpoint: call.endpoint || caller.endpoint };
    const expirationMs = mayExpire ? expirationMsOf(placed, defaults) : call.expirationMs;
    const priority = priorityOf(placed, defaults);
    if (expirationMs === call.expirationMs && priority === call.priority) return call;
    return { ...call, expirationMs, priority };
  };
  if (event.type === "polled" && event.poll.calls.length > 0) {
    return { ...event, poll: { ...event.poll, calls: event.poll.calls.map((call) => filled(call, true)) } };
  }
  // It goes on in the time that its call was given.
  if (event.type === "tail_called") {
    return { ...event, call: filled(event.call, caller.expiresAtMs === NEVER_MS) };
  }
  return event;
}
