/** Opens the database file: the lock, the settings that durability rests on, the schema. */
import { randomInt } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
import type { OpenOptions } from "../contract.ts";
import { StoreError } from "../errors.ts";
import { storeErrorOf } from "./errors.ts";
import { migrate } from "./migrations.ts";
import { makePrivate } from "./private-file.ts";
import type { SqliteSettings } from "./settings.ts";

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly epoch: number;
  readonly tag: string;
}

/**
 * The lock is SQLite's own on the file, held for as long as the connection lives: the kernel lets go of it when
 * the process dies, however it dies. The file beside it only tells who has it.
 */
export function openDatabase(settings: SqliteSettings, { tag, verify }: OpenOptions = {}): OpenedDatabase {
  const { file } = settings;
  if (tag !== undefined && !existsSync(file)) throw new StoreError("gone", `${file} is not there`);
  let database: DatabaseSync | undefined;
  try {
    if (tag === undefined) makePrivate(file);
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 4096");
    database.exec("BEGIN EXCLUSIVE; COMMIT");
    if (tag !== undefined) expectTag(database, file, tag);
    if (verify === true) expectSound(database, file);
    migrate(database, file);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec(
      `PRAGMA cache_size = -${Math.ceil(settings.cacheBytes / 1024)}; PRAGMA temp_store = MEMORY`,
    );
    database.exec(`PRAGMA wal_autocheckpoint = ${Math.ceil(settings.walBytes / 4096)}`);
    database.exec(`PRAGMA journal_size_limit = ${settings.walBytes * 2}`);
    if (settings.fileBytesMax !== undefined) {
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(settings.fileBytesMax / 4096))}`);
    }
    const session = beginSession(database);
    writeOwner(file);
    return { database, ...session };
  } catch (error) {
    database?.close();
    const known = storeErrorOf(error, file);
    if (known.code !== "locked") throw known;
    throw new StoreError(
      "locked",
      `${file} is in use by ${ownerOf(file)}: one process serves a store at a time`,
      {
        cause: error,
      },
    );
  }
}

export function closeDatabase(database: DatabaseSync, file: string): void {
  database.close();
  rmSync(ownerFile(file), { force: true });
}

function expectTag(database: DatabaseSync, file: string, tag: string): void {
  const isStore =
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get() !==
    undefined;
  const found = isStore && database.prepare("SELECT value FROM meta WHERE name = 'tag'").get();
  if (!found || found.value !== tag) throw new StoreError("gone", `${file} is another store`);
}

function expectSound(database: DatabaseSync, file: string): void {
  const [problem] = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
  if (problem !== "ok") throw new StoreError("corrupted", `${file} is damaged: ${problem}`);
}

function beginSession(database: DatabaseSync): { epoch: number; tag: string } {
  const tag = Array.from({ length: 6 }, () => TAG_ALPHABET[randomInt(TAG_ALPHABET.length)]).join("");
  database.exec("BEGIN IMMEDIATE");
  database.prepare("INSERT OR IGNORE INTO meta VALUES ('tag', ?), ('epoch', 0), ('next_id', 1)").run(tag);
  database.exec("UPDATE meta SET value = value + 1 WHERE name = 'epoch'");
  database.exec("COMMIT");
  const value = (name: string) =>
    (database.prepare("SELECT value FROM meta WHERE name = ?").get(name) as { value: unknown }).value;
  return { epoch: Number(value("epoch")), tag: String(value("tag")) };
}

/** No vowels, so that no word comes of it. */
const TAG_ALPHABET = "bcdfghjkmnpqrstvwxz23456789";

function ownerFile(file: string): string {
  return `${file}-owner`;
}

function writeOwner(file: string): void {
  writeFileSync(ownerFile(file), `process ${process.pid} on ${hostname()}\n`);
}

function ownerOf(file: string): string {
  try {
    return readFileSync(ownerFile(file), "utf8").trim() || "another process";
  } catch {
    return "another process";
  }
}
