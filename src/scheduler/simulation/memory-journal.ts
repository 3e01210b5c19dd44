import type { JournalContent, RunJournal, RunUnderWay, Suspect } from "../deaths/journal.ts";
import { Places } from "../deaths/places.ts";

/** The journal of a process, which may be given what the one before it left. */
export class MemoryRunJournal implements RunJournal {
  #tag = "";
  #suspects: readonly Suspect[] = [];
  #written: RunUnderWay[] = [];
  #unwritten = new Map<number, RunUnderWay>();
  #forgotten = false;
  readonly #places = new Places();

  /** With `before`, that of the next process. */
  constructor(before?: MemoryRunJournal) {
    if (before === undefined) return;
    this.#tag = before.#tag;
    this.#suspects = before.#suspects;
    this.#written = [...before.#written];
  }

  get running(): number {
    return this.#places.taken;
  }

  read(tag = this.#tag): JournalContent {
    if (tag !== this.#tag) return { suspects: [], runs: [] };
    return { suspects: this.#suspects, runs: this.#written.filter((run) => run !== undefined) };
  }

  begin(tag: string, suspects: readonly Suspect[]): void {
    this.#tag = tag;
    this.#forgotten = false;
    this.#suspects = suspects;
    this.#written = [];
    this.#unwritten.clear();
    this.#places.reset();
  }

  started(run: RunUnderWay): number {
    const place = this.#places.take();
    this.#unwritten.set(this.#places.rowOf(place)!, run);
    return place;
  }

  joined(place: number): void {
    const row = this.#places.rowOf(place);
    if (row === undefined) return;
    const run = this.#unwritten.get(row) ?? this.#written[row];
    if (run !== undefined) this.#unwritten.set(row, { ...run, alone: false });
  }

  flush(): void {
    if (this.#forgotten) return;
    for (const [row, run] of this.#unwritten) this.#written[row] = run;
    this.#unwritten.clear();
  }

  ended(place: number): void {
    this.#places.giveBack(place);
  }

  forget(): void {
    this.begin(this.#tag, this.#suspects);
    this.#forgotten = true;
  }
}
