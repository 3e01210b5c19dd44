/** The schema's history: numbered, forward only, never edited once released. */
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../errors.ts";

/** `DPTS`: tells a store of this project from any other SQLite file. */
export const APPLICATION_ID = 0x44505453;

/**
 * Live and finished calls are two tables. The live one stays small and in cache whatever is kept for retention,
 * so recovery reads only what lives, and no index has to tell the two apart. A row moves once in its life.
 *
 * `correlation_high` and `correlation_low`: 64 unsigned bits in halves, since a column is 64 bits signed.
 * Payloads above a size stand in `payloads` (key: call id * 4 + kind), so that an update of the row does not
 * copy them; the row's own column is NULL then.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE live (
    id INTEGER PRIMARY KEY,
    parent INTEGER NOT NULL, root INTEGER NOT NULL, parent_generation INTEGER NOT NULL,
    correlation_high INTEGER NOT NULL, correlation_low INTEGER NOT NULL,
    endpoint TEXT NOT NULL, function TEXT NOT NULL, version TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    priority INTEGER NOT NULL, retry TEXT, trace TEXT,
    attempt INTEGER NOT NULL, failures INTEGER NOT NULL, generation INTEGER NOT NULL,
    phase INTEGER NOT NULL, restarts INTEGER NOT NULL, wake_at INTEGER NOT NULL,
    min_results INTEGER NOT NULL, max_results INTEGER NOT NULL, consumed INTEGER NOT NULL,
    state_kind INTEGER NOT NULL, poll_error BLOB,
    input BLOB, state BLOB
  ) STRICT;

  CREATE TABLE finished (
    id INTEGER PRIMARY KEY,
    parent INTEGER NOT NULL, root INTEGER NOT NULL, parent_generation INTEGER NOT NULL,
    correlation_high INTEGER NOT NULL, correlation_low INTEGER NOT NULL,
    endpoint TEXT NOT NULL, function TEXT NOT NULL, version TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    priority INTEGER NOT NULL, retry TEXT, trace TEXT,
    attempt INTEGER NOT NULL, failures INTEGER NOT NULL, generation INTEGER NOT NULL,
    ended INTEGER NOT NULL, status INTEGER NOT NULL, finished_at INTEGER NOT NULL, arrival INTEGER NOT NULL,
    input BLOB, output BLOB, error BLOB
  ) STRICT;
  CREATE INDEX finished_results ON finished (parent, parent_generation, arrival) WHERE parent > 0;
  CREATE INDEX finished_tree ON finished (root) WHERE parent > 0;
  CREATE INDEX finished_badly ON finished (id) WHERE ended > 0;

  CREATE TABLE payloads (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE keys (text TEXT PRIMARY KEY, id INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX keys_expiry ON keys (expires_at);
  CREATE TABLE notes (
    id INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
    attempt INTEGER NOT NULL, status INTEGER NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (id, number)
  ) STRICT, WITHOUT ROWID;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the file to the present version. Throws StoreError `too_new` or `corrupted` and leaves it untouched. */
export function migrate(database: DatabaseSync, file: string): void {
  const version = pragma(database, "user_version");
  const application = pragma(database, "application_id");
  const tables = (database.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as { n: number }).n;
  if (application !== APPLICATION_ID && (application !== 0 || tables > 0)) {
    throw new StoreError("corrupted", `${file} is a SQLite database, but not a store of dispatch-ts`);
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      "too_new",
      `${file} has schema version ${version}, this program knows versions up to ${SCHEMA_VERSION}: ` +
        "run the newer program, or restore a back-up made before it was updated",
    );
  }
  if (version === SCHEMA_VERSION) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (let next = version; next < SCHEMA_VERSION; next++) database.exec(MIGRATIONS[next]!);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function pragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>;
  return Number(Object.values(row)[0]);
}
