/** Lists of calls, and the removal of old ones: each looks at a bounded number of rows. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { ListFilter, ListPage, RemoveRequest, RemoveResult } from "../contract.ts";
import { ENDS } from "./codes.ts";
import {
  FINISHED_COLUMNS,
  type FinishedRow,
  finishedRecord,
  LIVE_COLUMNS,
  type LiveRow,
  liveRecord,
} from "./rows.ts";

/** Rows of each table that one page looks at, about 5 ms of the store's thread. */
const SCAN_MAX = 5_000;

export class Listing {
  readonly #database: DatabaseSync;
  readonly #floorLive: StatementSync;
  readonly #floorFinished: StatementSync;
  readonly #oldest: StatementSync;
  readonly #remove: readonly StatementSync[];
  readonly #removeKeys: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#floorLive = database.prepare(floor("live"));
    this.#floorFinished = database.prepare(floor("finished"));
    this.#oldest = database.prepare(OLDEST);
    this.#remove = [
      database.prepare("DELETE FROM finished WHERE id = ?"),
      database.prepare("DELETE FROM notes WHERE id = ?"),
      database.prepare("DELETE FROM payloads WHERE key BETWEEN ?1 * 4 AND ?1 * 4 + 3"),
    ];
    this.#removeKeys = database.prepare(
      "DELETE FROM keys WHERE text IN (SELECT text FROM keys WHERE expires_at <= ? LIMIT ?)",
    );
  }

  list(filter: ListFilter): ListPage {
    const before = filter.beforeId ?? Number.MAX_SAFE_INTEGER;
    const everything = filter.live === undefined && filter.ends === undefined;
    const floorId = Math.max(this.#floor(this.#floorLive, before), this.#floor(this.#floorFinished, before));
    const calls: ListPage["calls"][number][] = [];
    if (everything || filter.live === true) {
      const rows = this.#rows("live", filter, before, floorId, []) as unknown as LiveRow[];
      for (const row of rows) calls.push({ call: liveRecord(row), end: undefined });
    }
    if (everything || (filter.ends !== undefined && filter.ends.length > 0)) {
      const ends = (filter.ends ?? ENDS).map((end) => ENDS.indexOf(end));
      const rows = this.#rows("finished", filter, before, floorId, ends) as unknown as FinishedRow[];
      calls.push(...rows.map(finishedRecord));
    }
    calls.sort((a, b) => b.call.id - a.call.id);
    const page = calls.slice(0, filter.limit);
    const full = calls.length >= filter.limit;
    return { calls: page, nextBeforeId: full ? page.at(-1)!.call.id : floorId > 0 ? floorId : undefined };
  }

  /** The caller holds the transaction. */
  remove(request: RemoveRequest): RemoveResult {
    this.#removeKeys.run(request.nowMs, request.limit);
    const { ids, nextAfterId } = this.#removable(request);
    for (const id of ids) for (const statement of this.#remove) statement.run(id);
    return { removed: ids.length, nextAfterId };
  }

  #removable({ finishedBeforeMs, afterId, limit }: RemoveRequest) {
    const ids: number[] = [];
    let seen = 0;
    let nextAfterId: number | undefined;
    for (const row of this.#oldest.iterate(afterId, SCAN_MAX) as Iterable<unknown> as Iterable<OldRow>) {
      if (row.created_at >= finishedBeforeMs) return { ids, nextAfterId: undefined };
      seen += 1;
      nextAfterId = row.id;
      if (row.finished_at < finishedBeforeMs && row.awaited === 0 && ids.push(row.id) === limit) break;
    }
    return { ids, nextAfterId: seen === SCAN_MAX || ids.length === limit ? nextAfterId : undefined };
  }

  #floor(statement: StatementSync, before: number): number {
    return (statement.get(before, SCAN_MAX) as { id: number } | undefined)?.id ?? 0;
  }

  #rows(table: "live" | "finished", filter: ListFilter, before: number, floorId: number, ends: number[]) {
    const terms = ["id < ?", "id >= ?"];
    const values: SQLInputValue[] = [before, floorId];
    const term = (sql: string, value: SQLInputValue | undefined) => {
      if (value === undefined) return;
      terms.push(sql);
      values.push(value);
    };
    term("function = ?", filter.function);
    term("parent > 0 AND parent = ?", filter.parentId);
    term("root = ?", filter.rootId);
    term("created_at >= ?", filter.createdFromMs);
    term("created_at < ?", filter.createdToMs);
    if (ends.length > 0) {
      terms.push(`ended IN (${ends.map(() => "?").join(", ")})`);
      values.push(...ends);
    }
    const columns = table === "live" ? LIVE_COLUMNS : FINISHED_COLUMNS;
    const sql = `SELECT ${columns} FROM ${table} WHERE ${terms.join(" AND ")} ORDER BY id DESC LIMIT ?`;
    return this.#database.prepare(sql).all(...values, filter.limit);
  }
}

/** The id where a page stops looking, so that a filter that matches little never scans the whole table. */
function floor(table: string): string {
  return `SELECT id FROM ${table} WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?`;
}

interface OldRow {
  id: number;
  created_at: number;
  finished_at: number;
  awaited: number;
}

/**
 * By id, which is by creation: a row created after the limit cannot have finished before it, so the walk ends
 * there, and what it passes over are the few that took long. A result that a live caller has yet to take stays.
 */
const OLDEST = `
  SELECT id, created_at, finished_at, EXISTS (
    SELECT 1 FROM live
    WHERE live.id = finished.parent AND live.generation = finished.parent_generation
      AND live.consumed < finished.arrival
  ) AS awaited
  FROM finished WHERE id > ? ORDER BY id LIMIT ?`;
