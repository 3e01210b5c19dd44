/** How long a call may last that does not say so itself: as its function says, where that is one of this process. */

import { NEVER_MS } from "../store/index.ts";
import type { Call } from "./call/call.ts";
import type { CallEvent, ChildCall } from "./call/events.ts";
import type { SchedulerSettings } from "./options.ts";

export type ExpirationRules = Pick<SchedulerSettings, "expirationMsOf" | "isOwn">;

/** The call's own time comes first; 0 is one too, and means no limit. */
export function expirationMsOf(
  call: { readonly function: string; readonly endpoint: string; readonly expirationMs?: number | undefined },
  { expirationMsOf, isOwn }: ExpirationRules,
): number | undefined {
  if (call.expirationMs !== undefined) return call.expirationMs;
  const ownMs = expirationMsOf(call.function);
  return ownMs !== undefined && isOwn(call.endpoint) ? ownMs : undefined;
}

/** The answer, with the times of the calls that it makes. */
export function withExpirations<E extends CallEvent>(event: E, caller: Call, rules: ExpirationRules): E {
  const limited = (call: ChildCall): ChildCall => {
    const expirationMs = expirationMsOf({ ...call, endpoint: call.endpoint || caller.endpoint }, rules);
    return expirationMs === call.expirationMs ? call : { ...call, expirationMs };
  };
  if (event.type === "polled" && event.poll.calls.length > 0) {
    return { ...event, poll: { ...event.poll, calls: event.poll.calls.map(limited) } };
  }
  // It goes on in the time that its call was given.
  if (event.type === "tail_called" && caller.expiresAtMs === NEVER_MS) {
    return { ...event, call: limited(event.call) };
  }
  return event;
}
