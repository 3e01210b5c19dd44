/** Words of the contract as small numbers, for columns and messages. Never reorder: files hold these numbers. */
import type { CallEnd, CallPhase, StateKind } from "../records.ts";

export const PHASES: readonly CallPhase[] = ["waiting", "suspended", "cancelling", "expiring"];
export const STATE_KINDS: readonly StateKind[] = ["none", "typed", "bytes"];
export const ENDS: readonly CallEnd["state"][] = ["succeeded", "failed", "expired", "cancelled"];

/** Kinds of payload: the key of one that stands apart is `call id * 4 + kind`. */
export const PAYLOAD = { input: 0, state: 1, output: 2, error: 3 } as const;

/** What the first byte of an encoded change says. */
export const CHANGE = { insert: 1, update: 2, finish: 3, revive: 4, note: 5 } as const;
