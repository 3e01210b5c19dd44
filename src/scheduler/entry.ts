/** A live call in the working set: the pure call and what the scheduler keeps about it besides. */
import type { StoredResult } from "../store/index.ts";
import type { Call } from "./call/call.ts";
import type { ActiveRun } from "./run.ts";
import type { Timed } from "./timers.ts";

export interface Entry extends Timed {
  call: Call;
  /** In a route's queue, or taken from it and being prepared. */
  queued: boolean;
  /** When it was queued, in whole milliseconds of the monotonic clock. */
  readyAtMs: number;
  run: ActiveRun | undefined;
  /** Of the call's `arrivals`, those whose commit is done: a run is given no others. */
  durableArrivals: number;
  /** Copies of what the store has; any of it may be missing and is then loaded. */
  payload: Payload | undefined;
}

export interface Payload {
  /** Undefined: not at hand. Null: there is none. */
  input: Uint8Array | null | undefined;
  state: Uint8Array | null | undefined;
  /** Results of the present generation with the arrival numbers after `consumed`, without a gap; or not at hand. */
  inbox: StoredResult[] | undefined;
  bytes: number;
}

export function newEntry(call: Call): Entry {
  return {
    timerSlot: -1,
    timerAtMs: 0,
    call,
    queued: false,
    readyAtMs: 0,
    run: undefined,
    durableArrivals: call.arrivals,
    payload: undefined,
  };
}
