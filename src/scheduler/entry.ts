/** A live call in the working set: the pure call and what the scheduler keeps about it besides. */
import type { StoredResult } from "../store/index.ts";
import type { Call } from "./call/call.ts";
import type { ActiveRun } from "./run.ts";
import type { Timed } from "./timers.ts";
import type { CallResult } from "./types.ts";

export interface Entry extends Timed {
  call: Call;
  /** In a route's queue, or taken from it and being prepared. */
  queued: boolean;
  /** When it was queued, in whole milliseconds of the monotonic clock. */
  readyAtMs: number;
  run: ActiveRun | undefined;
  waiters: Waiter[] | undefined;
  /** Copies of what the store has; any of it may be missing and is then loaded. */
  payload: Payload | undefined;
  /** Whom the call is cancelled with: its caller, or the root once its caller has ended. */
  above: Entry | undefined;
  firstChild: Entry | undefined;
  nextSibling: Entry | undefined;
  previousSibling: Entry | undefined;
}

export interface Payload {
  /** Undefined: not at hand. Null: there is none. */
  input: Uint8Array | null | undefined;
  state: Uint8Array | null | undefined;
  /** Results of the present generation with the arrival numbers after `consumed`, without a gap; or not at hand. */
  inbox: StoredResult[] | undefined;
  bytes: number;
}

export interface Waiter {
  readonly resolve: (result: CallResult) => void;
  readonly reject: (error: unknown) => void;
}

export function newEntry(call: Call): Entry {
  return {
    timerSlot: -1,
    timerAtMs: 0,
    call,
    queued: false,
    readyAtMs: 0,
    run: undefined,
    waiters: undefined,
    payload: undefined,
    above: undefined,
    firstChild: undefined,
    nextSibling: undefined,
    previousSibling: undefined,
  };
}

export function link(child: Entry, above: Entry): void {
  child.above = above;
  child.previousSibling = undefined;
  child.nextSibling = above.firstChild;
  if (above.firstChild !== undefined) above.firstChild.previousSibling = child;
  above.firstChild = child;
}

export function unlink(child: Entry): void {
  const { above, nextSibling, previousSibling } = child;
  if (above === undefined) return;
  if (previousSibling === undefined) above.firstChild = nextSibling;
  else previousSibling.nextSibling = nextSibling;
  if (nextSibling !== undefined) nextSibling.previousSibling = previousSibling;
  child.above = undefined;
  child.nextSibling = undefined;
  child.previousSibling = undefined;
}

/** A copy: what is done to a child may change the list. */
export function childrenOf(entry: Entry): Entry[] {
  const children: Entry[] = [];
  for (let child = entry.firstChild; child !== undefined; child = child.nextSibling) children.push(child);
  return children;
}
