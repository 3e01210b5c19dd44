/**
 * A store in memory, for tests and simulation: it keeps the contract but for the crash of the process itself.
 * What outlives a session is the MemoryStore, so that closing or abandoning a session stands for a crash.
 */
import type { Change } from "../changes.ts";
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
  Store,
  StoredCall,
  StoreSession,
  StoreStats,
} from "../contract.ts";
import { StoreError } from "../errors.ts";
import type { CallNote, StoredResult } from "../records.ts";
import { withinBytes } from "../within-bytes.ts";
import { applyChange, emptyData, type FinishedRow, type MemoryData, removeFinishedRow } from "./data.ts";

export interface MemoryStoreOptions {
  /** Six characters; the prefix of every id. Default: `memory`. */
  tag?: string;
  /** Ids reserved at a time. Default: 1024. */
  idBlock?: number;
}

export class MemoryStore implements Store {
  readonly data: MemoryData;
  readonly #idBlock: number;

  constructor(options: MemoryStoreOptions = {}) {
    this.data = emptyData(options.tag ?? "memory");
    this.#idBlock = options.idBlock ?? 1024;
  }

  /** Takes over from the session before, which is fenced from then on. */
  async open({ tag }: OpenOptions = {}): Promise<StoreSession> {
    if (tag !== undefined && tag !== this.data.tag) throw new StoreError("gone", "this is another store");
    this.data.epoch += 1;
    return new MemorySession(this.data, this.#idBlock);
  }
}

class MemorySession implements StoreSession {
  readonly epoch: number;
  readonly tag: string;
  readonly latestMs: number;
  readonly #data: MemoryData;
  readonly #idBlock: number;
  #closed = false;
  #commits = 0;
  #changes = 0;

  constructor(data: MemoryData, idBlock: number) {
    this.#data = data;
    this.#idBlock = idBlock;
    this.epoch = data.epoch;
    this.tag = data.tag;
    this.latestMs = data.latestMs;
  }

  async commit(changes: readonly Change[]): Promise<CommitResult> {
    const data = this.#open();
    const duplicates: { index: number; id: number }[] = [];
    for (let index = 0; index < changes.length; index++) {
      const id = applyChange(data, changes[index]!);
      if (id !== undefined) duplicates.push({ index, id });
    }
    this.#commits += 1;
    this.#changes += changes.length;
    return { duplicates };
  }

  async check(): Promise<void> {
    this.#open();
  }

  async reserveIds(atLeast: number): Promise<IdBlock> {
    const data = this.#open();
    const first = data.nextId;
    const count = Math.max(atLeast, this.#idBlock);
    data.nextId += count;
    return { first, count };
  }

  async claim(afterId: number, limit: number): Promise<ClaimedCall[]> {
    const data = this.#open();
    const ids = [...data.live.keys()].filter((id) => id > afterId).sort((a, b) => a - b);
    return ids.slice(0, limit).map((id) => {
      const { call } = data.live.get(id)!;
      const results = this.#results(id, call.generation, call.consumed);
      return { call, arrivals: results.at(-1)?.arrival ?? call.consumed };
    });
  }

  async renew(): Promise<void> {
    this.#open();
  }

  async load(requests: readonly LoadRequest[]): Promise<(LoadedCall | undefined)[]> {
    const data = this.#open();
    return requests.map((request) => {
      const row = data.live.get(request.id);
      if (row === undefined) return undefined;
      return {
        input: request.input ? row.input : null,
        state: request.state ? row.state : null,
        results: this.#results(request.id, request.generation, request.resultsAfter).slice(
          0,
          request.resultsMax,
        ),
      };
    });
  }

  async get(id: number): Promise<StoredCall | undefined> {
    const data = this.#open();
    const live = data.live.get(id);
    if (live !== undefined) {
      return { call: live.call, end: undefined, input: live.input, output: null, error: null };
    }
    const row = data.finished.get(id);
    return row && { ...row };
  }

  async results(ids: readonly number[], bytesMax: number): Promise<(CallOutcome | undefined)[]> {
    const { finished } = this.#open();
    return withinBytes(ids, bytesMax, (id) => {
      const row = finished.get(id);
      if (row === undefined) return undefined;
      const { call, end, output, error } = row;
      return { correlationId: call.correlationId, status: end.status, output, error };
    });
  }

  async list(filter: ListFilter): Promise<ListPage> {
    const data = this.#open();
    const live = [...data.live.values()].map(({ call }) => ({ call, end: undefined }));
    const finished = [...data.finished.values()].map(({ call, end }) => ({ call, end }));
    const matching = [...live, ...finished]
      .filter((entry) => matches(filter, entry))
      .sort((a, b) => b.call.id - a.call.id);
    const calls = matching.slice(0, filter.limit);
    return { calls, nextBeforeId: matching.length > calls.length ? calls.at(-1)?.call.id : undefined };
  }

  async notes(id: number): Promise<CallNote[]> {
    return [...(this.#open().notes.get(id)?.values() ?? [])].sort((a, b) => a.atMs - b.atMs);
  }

  async removeFinished(request: RemoveRequest): Promise<RemoveResult> {
    const data = this.#open();
    for (const [key, { expiresAtMs }] of data.keys) if (expiresAtMs <= request.nowMs) data.keys.delete(key);
    const ids = [...data.finished.keys()].filter((id) => id > request.afterId).sort((a, b) => a - b);
    let removed = 0;
    for (const id of ids) {
      const row = data.finished.get(id)!;
      if (row.end.finishedAtMs >= request.finishedBeforeMs || this.#isAwaited(row)) continue;
      removeFinishedRow(data, id, row);
      removed += 1;
      if (removed === request.limit) return { removed, nextAfterId: id };
    }
    return { removed, nextAfterId: undefined };
  }

  async backup(): Promise<void> {
    this.#open();
    throw new StoreError("failed", "a store in memory cannot be backed up");
  }

  async stats(): Promise<StoreStats> {
    const data = this.#open();
    return {
      commits: this.#commits,
      changes: this.#changes,
      liveCalls: data.live.size,
      finishedCalls: data.finished.size,
      fileBytes: 0,
      lastCommitMs: 0,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #open(): MemoryData {
    if (this.#closed) throw new StoreError("closed", "the store was closed");
    if (this.#data.epoch !== this.epoch) throw new StoreError("fenced", "another session has taken over");
    return this.#data;
  }

  #results(parentId: number, generation: number, after: number): StoredResult[] {
    const results: StoredResult[] = [];
    for (const id of this.#data.finishedByParent.get(parentId) ?? []) {
      const { call, end, output, error } = this.#data.finished.get(id)!;
      if (call.parentGeneration !== generation || end.arrival <= after) continue;
      results.push({
        arrival: end.arrival,
        callId: id,
        correlationId: call.correlationId,
        output,
        error,
      });
    }
    return results.sort((a, b) => a.arrival - b.arrival);
  }

  /** A live caller has not taken the result yet. */
  #isAwaited({ call, end }: FinishedRow): boolean {
    const parent = this.#data.live.get(call.parentId)?.call;
    return (
      parent !== undefined && parent.generation === call.parentGeneration && end.arrival > parent.consumed
    );
  }
}

function matches(filter: ListFilter, { call, end }: ListPage["calls"][number]): boolean {
  if (filter.function !== undefined && call.function !== filter.function) return false;
  if (filter.parentId !== undefined && call.parentId !== filter.parentId) return false;
  if (filter.rootId !== undefined && call.rootId !== filter.rootId) return false;
  if (filter.createdFromMs !== undefined && call.createdAtMs < filter.createdFromMs) return false;
  if (filter.createdToMs !== undefined && call.createdAtMs >= filter.createdToMs) return false;
  if (filter.beforeId !== undefined && call.id >= filter.beforeId) return false;
  if (filter.live === undefined && filter.ends === undefined) return true;
  return end === undefined ? filter.live === true : (filter.ends?.includes(end.state) ?? false);
}
