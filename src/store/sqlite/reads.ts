/** Everything that is read from the database, on the store's own thread. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CallOutcome, ClaimedCall, LoadedCall, LoadRequest, StoredCall } from "../contract.ts";
import type { CallNote, NoteKind } from "../records.ts";
import { withinBytes } from "../within-bytes.ts";
import { payloadKey } from "./apply.ts";
import { PAYLOAD } from "./codes.ts";
import {
  correlationOf,
  type FinishedRow,
  finishedRecord,
  LIVE_COLUMNS,
  type LiveRow,
  liveRecord,
  type ResultRow,
  storedResult,
} from "./rows.ts";

interface PayloadRow {
  input: Uint8Array | null;
  state: Uint8Array | null;
}

type OutcomeRow = Pick<
  FinishedRow & ResultRow,
  "correlation_high" | "correlation_low" | "status" | "output" | "error"
>;

export class Reads {
  readonly #claim: StatementSync;
  readonly #payloads: StatementSync;
  readonly #results: StatementSync;
  readonly #apart: StatementSync;
  readonly #live: StatementSync;
  readonly #finished: StatementSync;
  readonly #outcome: StatementSync;
  readonly #notes: StatementSync;

  constructor(database: DatabaseSync) {
    this.#claim = database.prepare(CLAIM);
    this.#payloads = database.prepare("SELECT input, state FROM live WHERE id = ?");
    this.#results = database.prepare(RESULTS);
    this.#apart = database.prepare("SELECT bytes FROM payloads WHERE key = ?");
    this.#live = database.prepare("SELECT * FROM live WHERE id = ?");
    this.#finished = database.prepare("SELECT * FROM finished WHERE id = ?");
    this.#outcome = database.prepare(OUTCOME);
    this.#notes = database.prepare("SELECT * FROM notes WHERE id = ? ORDER BY at, number");
  }

  claim(afterId: number, limit: number): ClaimedCall[] {
    const rows = this.#claim.all(afterId, limit) as unknown as (LiveRow & { arrivals: number | null })[];
    return rows.map((row) => ({ call: liveRecord(row), arrivals: row.arrivals ?? row.consumed }));
  }

  load(requests: readonly LoadRequest[]): (LoadedCall | undefined)[] {
    return requests.map((request) => {
      const row = this.#payloads.get(request.id) as PayloadRow | undefined;
      if (row === undefined) return undefined;
      const { id } = request;
      const results =
        request.resultsMax === 0
          ? []
          : (this.#results.all(
              id,
              request.generation,
              request.resultsAfter,
              request.resultsMax,
            ) as unknown as ResultRow[]);
      for (const result of results) {
        result.output ??= this.#payload(result.id, PAYLOAD.output);
        result.error ??= this.#payload(result.id, PAYLOAD.error);
      }
      return {
        input: request.input ? (row.input ?? this.#payload(id, PAYLOAD.input)) : null,
        state: request.state ? (row.state ?? this.#payload(id, PAYLOAD.state)) : null,
        results: results.map(storedResult),
      };
    });
  }

  get(id: number): StoredCall | undefined {
    const live = this.#live.get(id) as unknown as (LiveRow & PayloadRow) | undefined;
    if (live !== undefined) {
      const input = live.input ?? this.#payload(id, PAYLOAD.input);
      return { call: liveRecord(live), end: undefined, input, output: null, error: null };
    }
    const row = this.#finished.get(id) as unknown as
      | (FinishedRow & Pick<StoredCall, "input" | "output" | "error">)
      | undefined;
    if (row === undefined) return undefined;
    return {
      ...finishedRecord(row),
      input: row.input ?? this.#payload(id, PAYLOAD.input),
      output: row.output ?? this.#payload(id, PAYLOAD.output),
      error: row.error ?? this.#payload(id, PAYLOAD.error),
    };
  }

  outcomes(ids: readonly number[], bytesMax: number): (CallOutcome | undefined)[] {
    return withinBytes(ids, bytesMax, (id) => {
      const row = this.#outcome.get(id) as unknown as OutcomeRow | undefined;
      if (row === undefined) return undefined;
      return {
        correlationId: correlationOf(row),
        status: row.status,
        output: row.output ?? this.#payload(id, PAYLOAD.output),
        error: row.error ?? this.#payload(id, PAYLOAD.error),
      };
    });
  }

  notes(id: number): CallNote[] {
    return this.#notes.all(id).map((row) => ({
      atMs: row.at as number,
      kind: row.kind as NoteKind,
      attempt: row.attempt as number,
      status: row.status as number,
      message: row.message as string,
    }));
  }

  #payload(id: number, kind: number): Uint8Array | null {
    const row = this.#apart.get(payloadKey(id, kind)) as { bytes: Uint8Array } | undefined;
    return row?.bytes ?? null;
  }
}

/** One look into the index of results for each live call: nothing is scanned but what lives. */
const CLAIM = `
  SELECT ${LIVE_COLUMNS}, (
    SELECT max(arrival) FROM finished
    WHERE parent = live.id AND parent > 0 AND parent_generation = live.generation
  ) AS arrivals
  FROM live WHERE id > ? ORDER BY id LIMIT ?`;

const OUTCOME = "SELECT correlation_high, correlation_low, status, output, error FROM finished WHERE id = ?";

const RESULTS = `
  SELECT arrival, id, correlation_high, correlation_low, output, error FROM finished
  WHERE parent = ? AND parent > 0 AND parent_generation = ? AND arrival > ?
  ORDER BY arrival LIMIT ?`;
