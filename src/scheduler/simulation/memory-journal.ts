import type { JournalContent, RunJournal, RunUnderWay, Suspect } from "../deaths/journal.ts";

/** The journal of one process after the other: each is given what the one before it left. */
export class MemoryRunJournal implements RunJournal {
  #suspects: readonly Suspect[] = [];
  #written: RunUnderWay[] = [];
  #unwritten = new Map<number, RunUnderWay>();
  #free: number[] = [];
  #used = 0;

  read(): JournalContent {
    return { suspects: this.#suspects, runs: this.#written.filter((run) => run !== undefined) };
  }

  begin(suspects: readonly Suspect[]): void {
    this.#suspects = suspects;
    this.#written = [];
    this.#unwritten.clear();
    this.#free = [];
    this.#used = 0;
  }

  started(run: RunUnderWay): number {
    const place = this.#free.pop() ?? this.#used++;
    this.#unwritten.set(place, run);
    return place;
  }

  flush(): void {
    for (const [place, run] of this.#unwritten) this.#written[place] = run;
    this.#unwritten.clear();
  }

  ended(place: number): void {
    this.#free.push(place);
  }

  forget(): void {
    this.begin(this.#suspects);
  }
}
