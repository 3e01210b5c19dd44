/** The SQLite store as the scheduler's thread sees it: every operation is a message to the store's own thread. */
import { Worker } from "node:worker_threads";
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
import type { CallNote } from "../records.ts";
import { encodeChanges } from "./encode.ts";
import type { Opened, Operation, Operations, Reply, ThreadStart } from "./messages.ts";
import { resolveSettings, type SqliteOptions, type SqliteSettings } from "./settings.ts";

/** One file, one process. Commits are durable to power loss: WAL with `synchronous = FULL`. */
export class SqliteStore implements Store {
  readonly #settings: SqliteSettings;
  readonly #thread: URL;

  /** `thread` is the store's own, another one only in tests. */
  constructor(options: SqliteOptions, thread: URL = THREAD) {
    this.#settings = resolveSettings(options);
    this.#thread = thread;
  }

  async open(options: OpenOptions = {}): Promise<StoreSession> {
    const workerData: ThreadStart = { settings: this.#settings, options };
    const worker = new Worker(this.#thread, { workerData, name: "dispatch-store" });
    return await new Promise((resolve, reject) => {
      worker.once("error", (error) => reject(StoreError.from(error)));
      worker.once("exit", () =>
        reject(new StoreError("failed", "the store's thread ended before it was open")),
      );
      worker.once("message", (message: Opened) => {
        worker.removeAllListeners("error").removeAllListeners("exit");
        if ("opened" in message) resolve(new SqliteSession(worker, message.opened));
        else {
          void worker.terminate();
          reject(new StoreError(message.error.code, message.error.message));
        }
      });
    });
  }
}

/** TypeScript from a clone, JavaScript from the package. */
const THREAD = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: StoreError) => void;
}

class SqliteSession implements StoreSession {
  readonly epoch: number;
  readonly tag: string;
  readonly latestMs: number;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #closed: Promise<void> | undefined;

  constructor(worker: Worker, opened: { epoch: number; tag: string; latestMs: number }) {
    this.#worker = worker;
    this.epoch = opened.epoch;
    this.tag = opened.tag;
    this.latestMs = opened.latestMs;
    worker.on("message", (reply: Reply) => this.#settle(reply));
    worker.on("error", (error) => this.#failAll(StoreError.from(error)));
    worker.on("exit", () => this.#failAll(new StoreError("closed", "the store was closed")));
  }

  commit(changes: readonly Change[]): Promise<CommitResult> {
    const encoded = encodeChanges(changes);
    return this.#request("commit", encoded, [encoded.buffer]);
  }

  async check(): Promise<void> {
    await this.#request("check", null);
  }

  reserveIds(atLeast: number): Promise<IdBlock> {
    return this.#request("reserveIds", atLeast);
  }

  claim(afterId: number, limit: number): Promise<ClaimedCall[]> {
    return this.#request("claim", { afterId, limit });
  }

  /** The lock on the file is the lease. */
  async renew(): Promise<void> {}

  load(requests: readonly LoadRequest[]): Promise<(LoadedCall | undefined)[]> {
    return this.#request("load", requests);
  }

  get(id: number): Promise<StoredCall | undefined> {
    return this.#request("get", id);
  }

  results(ids: readonly number[], bytesMax: number): Promise<(CallOutcome | undefined)[]> {
    return this.#request("results", { ids, bytesMax });
  }

  list(filter: ListFilter): Promise<ListPage> {
    return this.#request("list", filter);
  }

  notes(id: number): Promise<CallNote[]> {
    return this.#request("notes", id);
  }

  removeFinished(request: RemoveRequest): Promise<RemoveResult> {
    return this.#request("removeFinished", request);
  }

  async backup(file: string): Promise<void> {
    await this.#request("backup", file);
  }

  stats(): Promise<StoreStats> {
    return this.#request("stats", null);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** A store that cannot be closed in order is let go of all the same: what was committed is in it. */
  async #close(): Promise<void> {
    await this.#request("close", null).catch(() => {});
    await this.#worker.terminate();
  }

  #request<K extends Operation>(
    op: K,
    body: Operations[K][0],
    transfer: ArrayBuffer[] = [],
  ): Promise<Operations[K][1]> {
    if (this.#closed !== undefined) return Promise.reject(new StoreError("closed", "the store was closed"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, op, body }, transfer);
    });
  }

  #settle({ id, value, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value as never);
    else waiting?.reject(new StoreError(error.code, error.message));
  }

  #failAll(error: StoreError): void {
    this.#closed ??= Promise.resolve();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
