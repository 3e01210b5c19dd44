/**
 * Whether the database is still where it was opened. SQLite goes on writing to files that were moved or removed, and
 * says that all is well.
 */
import { type BigIntStats, statSync } from "node:fs";
import { StoreError } from "../errors.ts";

export class FilePlace {
  readonly #files: readonly { readonly path: string; readonly stats: BigIntStats }[];

  /** The database must be open and have been written to: its log is a file then. */
  constructor(file: string) {
    this.#files = [file, `${file}-wal`].map((path) => ({ path, stats: statSync(path, { bigint: true }) }));
  }

  /** Two system calls, some microseconds. Throws StoreError `gone`. */
  check(): void {
    for (const { path, stats } of this.#files) {
      const now = statSync(path, LOOK);
      if (now?.ino === stats.ino && now.dev === stats.dev) continue;
      const what = now === undefined ? "is not there any more" : "was replaced by another file";
      throw new StoreError("gone", `${path} ${what} while it was in use`);
    }
  }
}

const LOOK = { bigint: true, throwIfNoEntry: false } as const;
