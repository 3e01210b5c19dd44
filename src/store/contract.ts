/**
 * What the scheduler needs of a store. The store owns durability and atomicity; the scheduler owns what a call
 * may do. A store decides nothing about calls: it writes the changes it is given, all or none, and reads back.
 *
 * Shaped for several scheduler nodes on one store: a node opens a session and gets an epoch (its fencing
 * token), ids come in blocks that no other node gets, live calls are claimed by epoch, and every commit carries
 * the epoch it was made under. What a node keeps in memory is a cache of calls it has claimed, never the truth.
 */
import type { Change } from "./changes.ts";
import type { CallEnd, CallNote, CallRecord, FinishedCall, StoredResult } from "./records.ts";

export interface Store {
  /**
   * Opens the store for one scheduler node. Durable when it resolves: no later session gets this epoch or any
   * of these ids, and commits of earlier epochs that lost their lease are refused.
   *
   * Throws StoreError `locked`, `read_only`, `corrupted`, `too_new`, `gone`, `full` or `failed`.
   */
  open(options?: OpenOptions): Promise<StoreSession>;
}

/** For going on with a store that was lost: where it should be may be nothing, another one, or a damaged one. */
export interface OpenOptions {
  /** Only the store with this tag, which is not made anew: `gone` otherwise. */
  readonly tag?: string;
  /** The whole store is read for damage first, seconds for a gigabyte: `corrupted` where there is any. Default: false. */
  readonly verify?: boolean;
}

export interface StoreSession {
  /** Grows with every session of the store: attempt numbers are unique together with it. */
  readonly epoch: number;
  /** Six characters drawn when the store was created, so that an id of one store is never one of another. */
  readonly tag: string;
  /** The latest time the store has seen, in milliseconds: a clock behind it has jumped back. */
  readonly latestMs: number;

  /**
   * Writes all changes in order, or none. Once this resolves they survive a crash of the process and of the
   * machine. When it rejects, none was written; the same changes may be committed again, since each change
   * replaces what it writes. Commits made while one is being written are grouped into the next.
   *
   * Throws StoreError; `remedyFor` its code tells whether to commit again, or to open the store anew.
   */
  commit(changes: readonly Change[]): Promise<CommitResult>;

  /** Resolves when a commit could be made now: writes something small, durably. Throws what a commit would. */
  check(): Promise<void>;

  /** Reserves at least so many ids in a row, which no other session gets; durable when it resolves. */
  reserveIds(atLeast: number): Promise<IdBlock>;

  /**
   * Live calls that this session owns from now on, by id, at most `limit` with ids above `afterId`. A store of
   * one node gives every live call; a shared one those whose owner's lease ran out. Ends with an empty page.
   */
  claim(afterId: number, limit: number): Promise<ClaimedCall[]>;

  /** Keeps the session's claims for another `leaseMs`. Nothing to do where the file's lock is the lease. */
  renew(leaseMs: number): Promise<void>;

  /** Payloads that a wake-up needs, in the order asked for; undefined where the call is not live. */
  load(requests: readonly LoadRequest[]): Promise<(LoadedCall | undefined)[]>;

  /** One call, live or finished, with its payloads. */
  get(id: number): Promise<StoredCall | undefined>;

  /**
   * What calls came to, in the order asked for; undefined for one that has not finished. Ends before the result with
   * which they would be more than `bytesMax` bytes, but never before the first: an answer may have fewer than were
   * asked for.
   */
  results(ids: readonly number[], bytesMax: number): Promise<(CallOutcome | undefined)[]>;

  /**
   * Calls from the newest to the oldest. Looks at a bounded number of calls, so that a rare match never holds
   * up a commit: a page may be short, or empty, and still have a `nextBeforeId` to go on from.
   */
  list(filter: ListFilter): Promise<ListPage>;

  /** What was noted about a call, in order. */
  notes(id: number): Promise<CallNote[]>;

  /**
   * Removes up to `limit` calls that finished before `finishedBeforeMs`, with their payloads and notes, and keys
   * that ran out before `nowMs`. Results that a live caller has not taken yet are kept. `nextAfterId` is where
   * to go on; undefined when there is nothing older left.
   */
  removeFinished(request: RemoveRequest): Promise<RemoveResult>;

  /** Writes a consistent copy to a new file while commits go on. Throws StoreError `exists` or `failed`. */
  backup(file: string): Promise<void>;

  /** Figures for metrics and benchmarks, counted since the session opened. */
  stats(): Promise<StoreStats>;

  /** Waits for the commit being written, then lets go of the store. May be called twice. */
  close(): Promise<void>;
}

export interface CommitResult {
  /** For inserts whose key was taken: the index of the change, and the id of the call that has the key. */
  readonly duplicates: readonly { readonly index: number; readonly id: number }[];
}

/** Ids from `first` up to, not including, `first + count`. */
export interface IdBlock {
  readonly first: number;
  readonly count: number;
}

export interface ClaimedCall {
  readonly call: CallRecord;
  /** Highest arrival number among the results of its present generation; `consumed` when there is none. */
  readonly arrivals: number;
}

export interface LoadRequest {
  readonly id: number;
  readonly input: boolean;
  readonly state: boolean;
  /** Results of this generation, with an arrival number above `resultsAfter`, at most `resultsMax` (0: none). */
  readonly generation: number;
  readonly resultsAfter: number;
  readonly resultsMax: number;
}

export interface LoadedCall {
  readonly input: Uint8Array | null;
  readonly state: Uint8Array | null;
  readonly results: readonly StoredResult[];
}

export interface StoredCall {
  readonly call: CallRecord;
  /** Absent while the call lives. */
  readonly end: CallEnd | undefined;
  readonly input: Uint8Array | null;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

export interface CallOutcome {
  readonly correlationId: bigint;
  readonly status: number;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

export interface ListFilter {
  readonly function?: string | undefined;
  /** Live calls, or finished ones with these ends; absent: all. */
  readonly live?: boolean | undefined;
  readonly ends?: readonly CallEnd["state"][] | undefined;
  readonly parentId?: number | undefined;
  readonly rootId?: number | undefined;
  readonly createdFromMs?: number | undefined;
  readonly createdToMs?: number | undefined;
  /** Only ids below this one. */
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

export interface ListPage {
  readonly calls: readonly (FinishedCall | { readonly call: CallRecord; readonly end: undefined })[];
  readonly nextBeforeId: number | undefined;
}

export interface RemoveRequest {
  readonly finishedBeforeMs: number;
  readonly nowMs: number;
  readonly afterId: number;
  readonly limit: number;
}

export interface RemoveResult {
  readonly removed: number;
  readonly nextAfterId: number | undefined;
}

export interface StoreStats {
  readonly commits: number;
  readonly changes: number;
  readonly liveCalls: number;
  readonly finishedCalls: number;
  readonly fileBytes: number;
  /** Time the last commit took on the store's own thread, in milliseconds. */
  readonly lastCommitMs: number;
}
