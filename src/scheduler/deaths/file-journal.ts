/**
 * The journal as a file beside the store. Written without `fsync`: what a process has written is there after its death
 * whether or not the disk has it. Rows of 32 bytes never straddle a page, so none is written by half.
 */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { JournalContent, RunJournal, RunUnderWay, Suspect } from "./journal.ts";
import { Places } from "./places.ts";

const MAGIC = "DPTSRUN1";
const ROW = 32;
/** In the first row, up to its end. */
const TAG_AT = 12;
const NOTHING: JournalContent = { suspects: [], runs: [] };

export interface FileJournalOptions {
  readonly file: string;
  /** Told once when the file cannot be written. */
  readonly onFailed: (error: unknown) => void;
}

export class FileRunJournal implements RunJournal {
  readonly #options: FileJournalOptions;
  #descriptor: number | undefined;
  #failed = false;
  #suspects: readonly Suspect[] = [];
  #rows = Buffer.alloc(64 * ROW);
  readonly #places = new Places();
  #dirtyFrom = Number.POSITIVE_INFINITY;
  #dirtyTo = 0;

  constructor(options: FileJournalOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#places.taken;
  }

  read(tag: string): JournalContent {
    try {
      return decode(readFileSync(this.#options.file), tag);
    } catch {
      // None, or one that nothing can be concluded from.
      return NOTHING;
    }
  }

  begin(tag: string, suspects: readonly Suspect[]): void {
    this.#suspects = suspects;
    this.#places.reset();
    this.#clean();
    const { file } = this.#options;
    this.#attempt(() => {
      this.#close();
      writeFileSync(`${file}.new`, encodeStart(tag, suspects), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      this.#descriptor = openSync(file, "r+");
    });
  }

  started({ id, attempt, alone }: RunUnderWay): number {
    const place = this.#places.take();
    const at = this.#places.rowOf(place)! * ROW;
    if (at >= this.#rows.length) this.#rows = Buffer.concat([this.#rows, Buffer.alloc(this.#rows.length)]);
    this.#rows.writeDoubleLE(id, at);
    this.#rows.writeDoubleLE(attempt, at + 8);
    this.#rows.writeUInt32LE(alone ? 1 : 0, at + 16);
    this.#changed(at);
    return place;
  }

  joined(place: number): void {
    const row = this.#places.rowOf(place);
    if (row === undefined) return;
    this.#rows.writeUInt32LE(0, row * ROW + 16);
    this.#changed(row * ROW);
  }

  flush(): void {
    const from = this.#dirtyFrom;
    if (from >= this.#dirtyTo) return;
    const length = this.#dirtyTo - from;
    this.#clean();
    if (this.#descriptor === undefined) return;
    const position = (1 + this.#suspects.length) * ROW + from;
    this.#attempt(() => writeSync(this.#descriptor!, this.#rows, from, length, position));
  }

  ended(place: number): void {
    this.#places.giveBack(place);
  }

  forget(): void {
    this.#places.reset();
    this.#clean();
    if (this.#descriptor === undefined) return;
    // Not by name: the file with that name may be another process's by now.
    this.#attempt(() => ftruncateSync(this.#descriptor!, (1 + this.#suspects.length) * ROW));
    this.#close();
  }

  #changed(at: number): void {
    if (at < this.#dirtyFrom) this.#dirtyFrom = at;
    if (at + ROW > this.#dirtyTo) this.#dirtyTo = at + ROW;
  }

  #clean(): void {
    this.#dirtyFrom = Number.POSITIVE_INFINITY;
    this.#dirtyTo = 0;
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!this.#failed) this.#options.onFailed(error);
      this.#failed = true;
    }
  }
}

function encodeStart(tag: string, suspects: readonly Suspect[]): Buffer {
  const bytes = Buffer.alloc((1 + suspects.length) * ROW);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt32LE(suspects.length, 8);
  encodeTag(tag).copy(bytes, TAG_AT);
  for (const [index, { id, attempt, deaths }] of suspects.entries()) {
    const at = (1 + index) * ROW;
    bytes.writeDoubleLE(id, at);
    bytes.writeDoubleLE(attempt, at + 8);
    bytes.writeUInt32LE(deaths, at + 16);
  }
  return bytes;
}

function encodeTag(tag: string): Buffer {
  const bytes = Buffer.alloc(ROW - TAG_AT);
  bytes.write(tag);
  return bytes;
}

/** Rows that cannot be are passed over: a file half written is worth what can be read of it. */
function decode(bytes: Buffer, tag: string): JournalContent {
  if (bytes.length < ROW || bytes.toString("latin1", 0, 8) !== MAGIC) return NOTHING;
  if (!bytes.subarray(TAG_AT, ROW).equals(encodeTag(tag))) return NOTHING;
  const count = bytes.readUInt32LE(8);
  const suspects: Suspect[] = [];
  const runs: RunUnderWay[] = [];
  for (let row = 1; (row + 1) * ROW <= bytes.length; row++) {
    const at = row * ROW;
    const id = bytes.readDoubleLE(at);
    const attempt = bytes.readDoubleLE(at + 8);
    const number = bytes.readUInt32LE(at + 16);
    if (!Number.isSafeInteger(id) || id < 1 || !Number.isSafeInteger(attempt) || attempt < 1) continue;
    if (row <= count) suspects.push({ id, attempt, deaths: number });
    else runs.push({ id, attempt, alone: number === 1 });
  }
  return { suspects, runs };
}
