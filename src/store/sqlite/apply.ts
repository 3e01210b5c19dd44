/** Applies an encoded batch to the database. The caller holds the transaction. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CommitResult } from "../contract.ts";
import { CHANGE, PAYLOAD } from "./codes.ts";
import type { EncodedChanges } from "./encode.ts";
import { ChangeReader } from "./reader.ts";
import { SHARED_COLUMNS } from "./rows.ts";

export class Applier {
  readonly #inlineBytesMax: number;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateState: StatementSync;
  readonly #replace: StatementSync;
  readonly #finish: StatementSync;
  readonly #dropLive: StatementSync;
  readonly #revive: StatementSync;
  readonly #dropFinished: StatementSync;
  readonly #putPayload: StatementSync;
  readonly #dropPayload: StatementSync;
  readonly #dropResult: StatementSync;
  readonly #findKey: StatementSync;
  readonly #putKey: StatementSync;
  readonly #putNote: StatementSync;
  /** Whether any state stands apart: while none does, none has to be looked for. */
  #statesApart: boolean;
  /** A call with an end that stands apart may be revived: its payloads go with it. */
  readonly #record = new RecordFields();

  constructor(database: DatabaseSync, inlineBytesMax: number) {
    this.#inlineBytesMax = inlineBytesMax;
    const prepare = (sql: string) => database.prepare(sql);
    this.#insert = prepare(INSERT_LIVE);
    this.#update = prepare(UPDATE_LIVE);
    this.#updateState = prepare(UPDATE_LIVE_STATE);
    this.#replace = prepare(REPLACE_LIVE);
    this.#finish = prepare(FINISH);
    this.#dropLive = prepare("DELETE FROM live WHERE id = ?");
    this.#revive = prepare(REVIVE);
    this.#dropFinished = prepare("DELETE FROM finished WHERE id = ?");
    this.#putPayload = prepare("INSERT OR REPLACE INTO payloads VALUES (?, ?)");
    this.#dropPayload = prepare("DELETE FROM payloads WHERE key = ?");
    this.#dropResult = prepare("DELETE FROM payloads WHERE key BETWEEN ? AND ?");
    this.#findKey = prepare("SELECT id FROM keys WHERE text = ? AND expires_at > ? AND id <> ?");
    this.#putKey = prepare("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)");
    this.#putNote = prepare("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#statesApart =
      database.prepare(`SELECT 1 FROM payloads WHERE key % 4 = ${PAYLOAD.state} LIMIT 1`).get() !== undefined;
  }

  apply({ buffer, strings, count }: EncodedChanges): CommitResult {
    const reader = new ChangeReader(buffer, strings);
    const duplicates: { index: number; id: number }[] = [];
    for (let index = 0; index < count; index++) {
      switch (reader.byte()) {
        case CHANGE.insert: {
          const id = this.#applyInsert(reader);
          if (id !== undefined) duplicates.push({ index, id });
          break;
        }
        case CHANGE.update:
          this.#applyUpdate(reader);
          break;
        case CHANGE.finish:
          this.#applyFinish(reader);
          break;
        case CHANGE.revive:
          this.#applyRevive(reader);
          break;
        case CHANGE.note:
          this.#applyNote(reader);
          break;
        default:
          throw new RangeError("unknown change");
      }
    }
    return { duplicates };
  }

  #applyInsert(reader: ChangeReader): number | undefined {
    const call = this.#record.read(reader);
    const input = reader.bytes() ?? null;
    if (reader.byte() === 1) {
      const text = reader.string();
      const nowMs = reader.number();
      const expiresAt = reader.number();
      const held = this.#findKey.get(text, nowMs, call.id) as { id: number } | undefined;
      if (held !== undefined) return held.id;
      this.#putKey.run(text, call.id, expiresAt);
    }
    this.#insert.run(
      call.id,
      call.parent,
      call.root,
      call.parentGeneration,
      call.correlationHigh,
      call.correlationLow,
      call.endpoint,
      call.function,
      call.version,
      call.createdAt,
      call.expiresAt,
      call.priority,
      call.retry,
      call.trace,
      call.attempt,
      call.failures,
      call.generation,
      call.phase,
      call.restarts,
      call.wakeAt,
      call.minResults,
      call.maxResults,
      call.consumed,
      call.stateKind,
      call.pollError,
      this.#inline(call.id, PAYLOAD.input, input),
    );
    return undefined;
  }

  #applyUpdate(reader: ChangeReader): void {
    const call = this.#record.read(reader);
    const input = reader.bytes();
    const state = reader.bytes();
    const mutable = [
      call.attempt,
      call.failures,
      call.generation,
      call.phase,
      call.restarts,
      call.wakeAt,
      call.minResults,
      call.maxResults,
      call.consumed,
      call.stateKind,
      call.pollError,
    ] as const;
    if (input !== undefined) {
      const { endpoint, version, expiresAt, priority, retry } = call;
      if (input === null || input.length <= this.#inlineBytesMax) {
        this.#dropPayload.run(payloadKey(call.id, PAYLOAD.input));
      }
      const inline = this.#inline(call.id, PAYLOAD.input, input);
      this.#replace.run(endpoint, call.function, version, expiresAt, priority, retry, inline, call.id);
    }
    if (state === undefined) this.#update.run(...mutable, call.id);
    else this.#updateState.run(...mutable, this.#stateColumn(call.id, state), call.id);
  }

  #applyFinish(reader: ChangeReader): void {
    const id = reader.number();
    const attempt = reader.number();
    const failures = reader.number();
    const ended = reader.byte();
    const status = reader.number();
    const finishedAt = reader.number();
    const arrival = reader.number();
    const output = this.#inline(id, PAYLOAD.output, reader.bytes() ?? null);
    const error = this.#inline(id, PAYLOAD.error, reader.bytes() ?? null);
    this.#finish.run(attempt, failures, ended, status, finishedAt, arrival, output, error, id);
    this.#dropLive.run(id);
    if (this.#statesApart) this.#dropPayload.run(payloadKey(id, PAYLOAD.state));
  }

  #applyRevive(reader: ChangeReader): void {
    const call = this.#record.read(reader);
    this.#revive.run(
      call.parentGeneration,
      call.expiresAt,
      call.attempt,
      call.failures,
      call.generation,
      call.wakeAt,
      call.id,
    );
    this.#dropFinished.run(call.id);
    this.#dropResult.run(payloadKey(call.id, PAYLOAD.output), payloadKey(call.id, PAYLOAD.error));
  }

  #applyNote(reader: ChangeReader): void {
    const id = reader.number();
    const number = reader.number();
    const at = reader.number();
    const kind = reader.string();
    const attempt = reader.number();
    const status = reader.number();
    this.#putNote.run(id, number, at, kind, attempt, status, reader.string());
  }

  #stateColumn(id: number, state: Uint8Array | null): Uint8Array | null {
    const inline = this.#inline(id, PAYLOAD.state, state);
    if (inline !== state) this.#statesApart = true;
    else if (this.#statesApart) this.#dropPayload.run(payloadKey(id, PAYLOAD.state));
    return inline;
  }

  /** What goes in the row's own column: the payload, or null when it stands apart. */
  #inline(id: number, kind: number, bytes: Uint8Array | null): Uint8Array | null {
    if (bytes === null || bytes.length <= this.#inlineBytesMax) return bytes;
    this.#putPayload.run(payloadKey(id, kind), bytes);
    return null;
  }
}

export function payloadKey(id: number, kind: number): number {
  return id * 4 + kind;
}

/** A record as it comes in a message; one object reused, since it lives only while its change is applied. */
class RecordFields {
  id = 0;
  parent = 0;
  root = 0;
  parentGeneration = 0;
  correlationHigh = 0;
  correlationLow = 0;
  endpoint = "";
  function = "";
  version = "";
  createdAt = 0;
  expiresAt = 0;
  priority = 0;
  retry: string | null = null;
  trace: string | null = null;
  attempt = 0;
  failures = 0;
  generation = 0;
  phase = 0;
  restarts = 0;
  wakeAt = 0;
  minResults = 0;
  maxResults = 0;
  consumed = 0;
  stateKind = 0;
  pollError: Uint8Array | null = null;

  read(reader: ChangeReader): this {
    this.id = reader.number();
    this.parent = reader.number();
    this.root = reader.number();
    this.parentGeneration = reader.number();
    this.correlationLow = reader.uint32();
    this.correlationHigh = reader.uint32();
    this.endpoint = reader.string();
    this.function = reader.string();
    this.version = reader.string();
    this.createdAt = reader.number();
    this.expiresAt = reader.number();
    this.priority = reader.number();
    this.retry = reader.string() || null;
    this.trace = reader.string() || null;
    this.attempt = reader.number();
    this.failures = reader.number();
    this.generation = reader.number();
    this.phase = reader.byte();
    this.restarts = reader.number();
    this.wakeAt = reader.number();
    this.minResults = reader.number();
    this.maxResults = reader.number();
    this.consumed = reader.number();
    this.stateKind = reader.byte();
    this.pollError = reader.bytes() ?? null;
    return this;
  }
}

/** Replaces: a commit may be repeated after it failed. */
const INSERT_LIVE = `
  INSERT OR REPLACE INTO live (
    id, parent, root, parent_generation, correlation_high, correlation_low, endpoint, function, version,
    created_at, expires_at, priority, retry, trace, attempt, failures, generation, phase, restarts, wake_at,
    min_results, max_results, consumed, state_kind, poll_error, input
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const MUTABLE = `
  attempt = ?, failures = ?, generation = ?, phase = ?, restarts = ?, wake_at = ?, min_results = ?,
  max_results = ?, consumed = ?, state_kind = ?, poll_error = ?`;

const UPDATE_LIVE = `UPDATE live SET ${MUTABLE} WHERE id = ?`;
const UPDATE_LIVE_STATE = `UPDATE live SET ${MUTABLE}, state = ? WHERE id = ?`;

/** A tail call: what was fixed until now changes too. */
const REPLACE_LIVE = `
  UPDATE live SET endpoint = ?, function = ?, version = ?, expires_at = ?, priority = ?, retry = ?, input = ?
  WHERE id = ?`;

/** Carries the row over inside the database: the input does not cross threads again. */
const FINISH = `
  INSERT OR REPLACE INTO finished (${SHARED_COLUMNS}, attempt, failures, generation, ended, status, finished_at, arrival,
    input, output, error)
  SELECT ${SHARED_COLUMNS}, ?, ?, generation, ?, ?, ?, ?, input, ?, ? FROM live WHERE id = ?`;

const REVIVE = `
  INSERT OR REPLACE INTO live (id, parent, root, parent_generation, correlation_high, correlation_low, endpoint,
    function, version, created_at, expires_at, priority, retry, trace, attempt, failures, generation, phase,
    restarts, wake_at, min_results, max_results, consumed, state_kind, input)
  SELECT id, parent, root, ?, correlation_high, correlation_low, endpoint, function, version, created_at, ?,
    priority, retry, trace, ?, ?, ?, 0, 0, ?, 1, 1, 0, 0, input
  FROM finished WHERE id = ?`;
