import type { CallState } from "../types.ts";
import type { CallEventType } from "./events.ts";

/** A fault of the scheduler, never of a caller: the event cannot happen in that state. */
export class IllegalTransition extends Error {
  override readonly name = "IllegalTransition";
  readonly state: CallState;
  readonly event: CallEventType;

  constructor(state: CallState, event: CallEventType) {
    super(`a call that is ${state} cannot be told ${event}`);
    this.state = state;
    this.event = event;
  }
}
