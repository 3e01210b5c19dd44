/**
 * What a transition wants done. `write`, `spawn` and `end` go into the commit; everything else is done after
 * that commit is durable, in the order given.
 */
import type { Change } from "../../store/index.ts";
import type { Call, EndState } from "./call.ts";

export type Effect =
  /** Commit this change. */
  | { readonly type: "write"; readonly change: Change }
  /** Commit a new child, then tell it `recorded`. */
  | { readonly type: "spawn"; readonly call: Call; readonly input: Uint8Array | null }
  /** Commit the end, counted as an arrival of the parent when it waits for it; then publish the result. */
  | EndEffect
  /** Keep a copy of the payloads at hand, as an accelerator; losing it costs a read of the store. */
  | { readonly type: "state"; readonly state: Uint8Array | null }
  | { readonly type: "input"; readonly input: Uint8Array | null }
  /** The copies of its state and of its results are of a generation that is over. */
  | { readonly type: "forget" }
  /** Let it run as soon as there is a place. */
  | { readonly type: "enqueue" }
  /** Tell the attempt under way to stop. */
  | { readonly type: "abort"; readonly reason: AbortReason }
  /** Cancel every child that lives, in the same commit. */
  | { readonly type: "cancel_children"; readonly reason: string }
  /** The event changed nothing: count it. */
  | { readonly type: "drop"; readonly reason: DropReason };

export interface EndEffect {
  readonly type: "end";
  readonly state: EndState;
  readonly status: number;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

export type AbortReason = "cancelled" | "expired" | "timed_out";

/** `stale`: of an attempt that is over. `stranger`: a result of an earlier generation. */
export type DropReason = "stale" | "stranger";

export interface Transition {
  readonly call: Call;
  readonly effects: readonly Effect[];
}
