/** What a commit is made of. Every change replaces what it writes, so that a commit can be repeated. */
import type { CallEnd, CallNote, CallRecord } from "./records.ts";

export type Change = InsertChange | UpdateChange | FinishChange | ReviveChange | NoteChange;

/** A new call with its input. With a key that another call holds, nothing is written and the commit says so. */
export interface InsertChange {
  readonly kind: "insert";
  readonly call: CallRecord;
  /** Encoded google.protobuf.Any; null when the call has no input. */
  readonly input: Uint8Array | null;
  readonly key?: { readonly text: string; readonly nowMs: number; readonly expiresAtMs: number } | undefined;
}

/** A live call after a transition. Payloads that are undefined stay as they are; null removes them. */
export interface UpdateChange {
  readonly kind: "update";
  readonly call: CallRecord;
  /** Given when a tail call replaced the call: endpoint, function and version are then written too. */
  readonly input?: Uint8Array | null | undefined;
  readonly state?: Uint8Array | null | undefined;
}

/** A live call that ended: it leaves the live calls and stays among the finished ones. */
export interface FinishChange {
  readonly kind: "finish";
  readonly id: number;
  readonly attempt: number;
  readonly failures: number;
  readonly end: CallEnd;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

/** A finished call that runs again from its input: it leaves the finished calls and lives. */
export interface ReviveChange {
  readonly kind: "revive";
  readonly call: CallRecord;
}

export interface NoteChange {
  readonly kind: "note";
  readonly id: number;
  /** Unique within the call. */
  readonly number: number;
  readonly note: CallNote;
}
