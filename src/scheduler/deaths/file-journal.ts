/**
 * The journal as a file beside the store. Written without `fsync`: what a process has written is there after its death
 * whether or not the disk has it. Rows of 32 bytes never straddle a page, so none is written by half.
 */
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import type { JournalContent, RunJournal, RunUnderWay, Suspect } from "./journal.ts";

const MAGIC = "DPTSRUN1";
const ROW = 32;
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
  /** Places given out so far, and those of them that are free. */
  #used = 0;
  #free: number[] = [];
  #dirtyFrom = Number.POSITIVE_INFINITY;
  #dirtyTo = 0;

  constructor(options: FileJournalOptions) {
    this.#options = options;
  }

  read(): JournalContent {
    try {
      return decode(readFileSync(this.#options.file));
    } catch {
      // None, or one that nothing can be concluded from.
      return NOTHING;
    }
  }

  begin(suspects: readonly Suspect[]): void {
    this.#suspects = suspects;
    this.#used = 0;
    this.#free = [];
    this.#clean();
    const { file } = this.#options;
    this.#attempt(() => {
      this.#close();
      writeFileSync(`${file}.new`, encodeStart(suspects), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      this.#descriptor = openSync(file, "r+");
    });
  }

  started({ id, attempt, alone }: RunUnderWay): number {
    const place = this.#free.pop() ?? this.#used++;
    const at = place * ROW;
    if (at >= this.#rows.length) this.#rows = Buffer.concat([this.#rows, Buffer.alloc(this.#rows.length)]);
    this.#rows.writeDoubleLE(id, at);
    this.#rows.writeDoubleLE(attempt, at + 8);
    this.#rows.writeUInt32LE(alone ? 1 : 0, at + 16);
    if (at < this.#dirtyFrom) this.#dirtyFrom = at;
    if (at + ROW > this.#dirtyTo) this.#dirtyTo = at + ROW;
    return place;
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
    this.#free.push(place);
  }

  forget(): void {
    this.begin(this.#suspects);
    this.#close();
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

function encodeStart(suspects: readonly Suspect[]): Buffer {
  const bytes = Buffer.alloc((1 + suspects.length) * ROW);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt32LE(suspects.length, 8);
  for (const [index, { id, attempt, deaths }] of suspects.entries()) {
    const at = (1 + index) * ROW;
    bytes.writeDoubleLE(id, at);
    bytes.writeDoubleLE(attempt, at + 8);
    bytes.writeUInt32LE(deaths, at + 16);
  }
  return bytes;
}

/** Rows that cannot be are passed over: a file half written is worth what can be read of it. */
function decode(bytes: Buffer): JournalContent {
  if (bytes.length < ROW || bytes.toString("latin1", 0, 8) !== MAGIC) return NOTHING;
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
