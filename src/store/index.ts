export type {
  Change,
  FinishChange,
  InsertChange,
  NoteChange,
  ReviveChange,
  UpdateChange,
} from "./changes.ts";
export type {
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
  Store,
  StoredCall,
  StoreSession,
  StoreStats,
} from "./contract.ts";
export { type Remedy, remedyFor, StoreError, type StoreErrorCode } from "./errors.ts";
export { MemoryStore, type MemoryStoreOptions } from "./memory/store.ts";
export {
  type CallEnd,
  type CallNote,
  type CallPhase,
  type CallRecord,
  type FinishedCall,
  NEVER_MS,
  type NoteKind,
  type RetryRecord,
  type StateKind,
  type StoredResult,
} from "./records.ts";
export type { SqliteOptions } from "./sqlite/settings.ts";
export { SqliteStore } from "./sqlite/store.ts";
