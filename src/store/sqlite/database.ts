/** The database with everything prepared; every operation of the contract, synchronous but for the back-up. */
import { existsSync, statSync } from "node:fs";
import { backup, type DatabaseSync } from "node:sqlite";
import type { CommitResult, IdBlock, OpenOptions, StoreStats } from "../contract.ts";
import { StoreError } from "../errors.ts";
import { Applier } from "./apply.ts";
import type { EncodedChanges } from "./encode.ts";
import { storeErrorOf } from "./errors.ts";
import { Listing } from "./listing.ts";
import type { Request } from "./messages.ts";
import { closeDatabase, openDatabase } from "./open.ts";
import { FilePlace } from "./place.ts";
import { makePrivate } from "./private-file.ts";
import { Reads } from "./reads.ts";
import type { SqliteSettings } from "./settings.ts";

/** Ids reserved at a time: a restart skips at most so many, and 53 bits hold eight billion blocks. */
const ID_BLOCK = 1 << 20;

export class SqliteDatabase {
  readonly epoch: number;
  readonly tag: string;
  readonly latestMs: number;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #applier: Applier;
  readonly #reads: Reads;
  readonly #listing: Listing;
  readonly #place: FilePlace;
  #commits = 0;
  #changes = 0;
  #lastCommitMs = 0;

  constructor(settings: SqliteSettings, options: OpenOptions) {
    const { database, epoch, tag } = openDatabase(settings, options);
    this.#database = database;
    this.#file = settings.file;
    this.epoch = epoch;
    this.tag = tag;
    try {
      this.#applier = new Applier(database, settings.inlineBytesMax);
      this.#reads = new Reads(database);
      this.#listing = new Listing(database);
      this.#place = new FilePlace(settings.file);
      this.latestMs = (database.prepare(LATEST).get() as { at: number | null }).at ?? 0;
    } catch (error) {
      closeDatabase(database, settings.file);
      throw storeErrorOf(error, settings.file);
    }
  }

  /**
   * One transaction for all batches. When it fails, each batch is tried in one of its own, so that a batch too
   * large for what is left of the disk fails alone.
   */
  commit(batches: readonly EncodedChanges[]): (CommitResult | StoreError)[] {
    const startedMs = performance.now();
    try {
      const results = this.#transaction(() => batches.map((batch) => this.#applier.apply(batch)));
      this.#changes += batches.reduce((sum, { count }) => sum + count, 0);
      this.#lastCommitMs = performance.now() - startedMs;
      return results;
    } catch (error) {
      if (batches.length > 1) return batches.map((batch) => this.commit([batch])[0]!);
      return [storeErrorOf(error, this.#file)];
    }
  }

  handle(request: Exclude<Request, { op: "commit" }>): unknown {
    switch (request.op) {
      case "check":
        this.#transaction(() => this.#database.exec(TOUCH));
        return null;
      case "reserveIds":
        return this.#reserveIds(request.body);
      case "claim":
        return this.#reads.claim(request.body.afterId, request.body.limit);
      case "load":
        return this.#reads.load(request.body);
      case "get":
        return this.#reads.get(request.body);
      case "results":
        return this.#reads.outcomes(request.body.ids, request.body.bytesMax);
      case "list":
        return this.#listing.list(request.body);
      case "notes":
        return this.#reads.notes(request.body);
      case "removeFinished":
        return this.#transaction(() => this.#listing.remove(request.body));
      case "backup":
        return this.#backup(request.body);
      case "stats":
        return this.#stats();
      case "close":
        closeDatabase(this.#database, this.#file);
        return null;
    }
  }

  errorOf(thrown: unknown): StoreError {
    return storeErrorOf(thrown, this.#file);
  }

  #transaction<T>(body: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const value = body();
      this.#database.exec("COMMIT");
      // What is written to a file that nobody can open any more is lost with this process.
      this.#place.check();
      this.#commits += 1;
      return value;
    } catch (error) {
      // A full disk or a failed write may have rolled back already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #reserveIds(atLeast: number): IdBlock {
    const count = Math.max(atLeast, ID_BLOCK);
    return this.#transaction(() => {
      const row = this.#database.prepare(RESERVE).get(count) as { next: number };
      return { first: row.next - count, count };
    });
  }

  async #backup(file: string): Promise<void> {
    if (existsSync(file))
      throw new StoreError("exists", `${file} is there already; a back-up never overwrites`);
    makePrivate(file);
    try {
      await backup(this.#database, file, { rate: BACKUP_PAGES });
    } catch (error) {
      throw storeErrorOf(error, file);
    }
  }

  #stats(): StoreStats {
    const count = (table: string) =>
      (this.#database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
    return {
      commits: this.#commits,
      changes: this.#changes,
      liveCalls: count("live"),
      finishedCalls: count("finished"),
      fileBytes: statSync(this.#file).size + (statSync(`${this.#file}-wal`, NO_THROW)?.size ?? 0),
      lastCommitMs: this.#lastCommitMs,
    };
  }
}

const NO_THROW = { throwIfNoEntry: false } as const;

/** Pages copied between two commits: about 4 MiB, a few milliseconds. */
const BACKUP_PAGES = 1024;

/** Written though nothing changes. */
const TOUCH = "UPDATE meta SET value = value WHERE name = 'epoch'";

const RESERVE = "UPDATE meta SET value = value + ? WHERE name = 'next_id' RETURNING value AS next";

/** The newest rows of both tables: good enough to see a clock that jumped back by more than a call takes. */
const LATEST = `
  SELECT max(at) AS at FROM (
    SELECT * FROM (SELECT created_at AS at FROM live ORDER BY id DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT finished_at FROM finished ORDER BY id DESC LIMIT 1)
  )`;
