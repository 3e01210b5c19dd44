/** What the scheduler's thread and the store's thread say to each other. */
import type {
  CallOutcome,
  ClaimedCall,
  CommitResult,
  IdBlock,
  ListFilter,
  ListPage,
  LoadedCall,
  LoadRequest,
  OpenOptions,
  RemoveRequest,
  RemoveResult,
  StoredCall,
  StoreStats,
} from "../contract.ts";
import type { StoreErrorCode } from "../errors.ts";
import type { CallNote } from "../records.ts";
import type { EncodedChanges } from "./encode.ts";
import type { SqliteSettings } from "./settings.ts";

/** Operation: what it takes, what it gives. */
export interface Operations {
  commit: [EncodedChanges, CommitResult];
  check: [null, null];
  reserveIds: [number, IdBlock];
  claim: [{ afterId: number; limit: number }, ClaimedCall[]];
  load: [readonly LoadRequest[], (LoadedCall | undefined)[]];
  get: [number, StoredCall | undefined];
  results: [{ ids: readonly number[]; bytesMax: number }, (CallOutcome | undefined)[]];
  list: [ListFilter, ListPage];
  notes: [number, CallNote[]];
  removeFinished: [RemoveRequest, RemoveResult];
  backup: [string, null];
  stats: [null, StoreStats];
  close: [null, null];
}

export type Operation = keyof Operations;

export type Request = { [K in Operation]: { id: number; op: K; body: Operations[K][0] } }[Operation];

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code: StoreErrorCode; readonly message: string };
}

/** What the thread is started with. */
export interface ThreadStart {
  readonly settings: SqliteSettings;
  readonly options: OpenOptions;
}

/** The first message of the thread: open, or why not. */
export type Opened =
  | { readonly opened: { readonly epoch: number; readonly tag: string; readonly latestMs: number } }
  | { readonly error: { readonly code: StoreErrorCode; readonly message: string } };
