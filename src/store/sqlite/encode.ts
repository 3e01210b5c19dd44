/**
 * Changes as one flat buffer from the scheduler's thread to the store's: a tenth of what cloning an object per
 * change costs. Numbers are doubles; a string is an index into the batch's own list; bytes are a length and
 * themselves, with lengths for null and for "as it is".
 */
import type { Change } from "../changes.ts";
import type { CallRecord } from "../records.ts";
import { CHANGE, ENDS, PHASES, STATE_KINDS } from "./codes.ts";

export interface EncodedChanges {
  /** Owns its memory: meant to be transferred. */
  readonly buffer: ArrayBuffer;
  readonly strings: readonly string[];
  readonly count: number;
}

export const NULL_BYTES = 0xffffffff;
export const SAME_BYTES = 0xfffffffe;

export function encodeChanges(changes: readonly Change[]): EncodedChanges {
  const out = new ChangeWriter(changes.length * 256 + 64);
  for (const change of changes) writeChange(out, change);
  return { buffer: out.finish(), strings: out.strings, count: changes.length };
}

function writeChange(out: ChangeWriter, change: Change): void {
  switch (change.kind) {
    case "insert":
      out.byte(CHANGE.insert);
      writeRecord(out, change.call);
      out.bytes(change.input);
      out.byte(change.key === undefined ? 0 : 1);
      if (change.key !== undefined) {
        out.string(change.key.text);
        out.number(change.key.nowMs);
        out.number(change.key.expiresAtMs);
      }
      return;
    case "update":
      out.byte(CHANGE.update);
      writeRecord(out, change.call);
      out.bytes(change.input);
      out.bytes(change.state);
      return;
    case "finish":
      out.byte(CHANGE.finish);
      out.number(change.id);
      out.number(change.attempt);
      out.number(change.failures);
      out.byte(ENDS.indexOf(change.end.state));
      out.number(change.end.status);
      out.number(change.end.finishedAtMs);
      out.number(change.end.arrival);
      out.bytes(change.output);
      out.bytes(change.error);
      return;
    case "revive":
      out.byte(CHANGE.revive);
      writeRecord(out, change.call);
      return;
    case "note":
      out.byte(CHANGE.note);
      out.number(change.id);
      out.number(change.number);
      out.number(change.note.atMs);
      out.string(change.note.kind);
      out.number(change.note.attempt);
      out.number(change.note.status);
      out.string(change.note.message);
  }
}

function writeRecord(out: ChangeWriter, call: CallRecord): void {
  out.number(call.id);
  out.number(call.parentId);
  out.number(call.rootId);
  out.number(call.parentGeneration);
  out.uint64(call.correlationId);
  out.string(call.endpoint);
  out.string(call.function);
  out.string(call.version);
  out.number(call.createdAtMs);
  out.number(call.expiresAtMs);
  out.number(call.priority);
  out.string(call.retry === null ? "" : JSON.stringify(call.retry));
  out.string(call.trace ?? "");
  out.number(call.attempt);
  out.number(call.failures);
  out.number(call.generation);
  out.byte(PHASES.indexOf(call.phase));
  out.number(call.restarts);
  out.number(call.wakeAtMs);
  out.number(call.minResults);
  out.number(call.maxResults);
  out.number(call.consumed);
  out.byte(STATE_KINDS.indexOf(call.stateKind));
  out.bytes(call.pollError);
}

class ChangeWriter {
  readonly strings: string[] = [];
  readonly #indexes = new Map<string, number>();
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity: number) {
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  number(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  uint64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  string(value: string): void {
    let index = this.#indexes.get(value);
    if (index === undefined) {
      index = this.strings.push(value) - 1;
      this.#indexes.set(value, index);
    }
    this.#uint32(index);
  }

  bytes(value: Uint8Array | null | undefined): void {
    if (value === undefined || value === null) {
      this.#uint32(value === null ? NULL_BYTES : SAME_BYTES);
      return;
    }
    this.#uint32(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  finish(): ArrayBuffer {
    return this.#buffer.buffer.transfer(this.#length);
  }

  #uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const grown = this.#buffer.buffer.transfer(Math.max(needed, this.#buffer.length * 2));
    this.#buffer = new Uint8Array(grown);
    this.#view = new DataView(grown);
  }
}
