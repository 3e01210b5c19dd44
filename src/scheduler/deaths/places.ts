/** The rows of a journal: given out, given back and used again. */
export class Places {
  #generation = 0;
  #used = 0;
  #free: number[] = [];
  #taken = 0;

  /** Given out and not given back, whenever that was. */
  get taken(): number {
    return this.#taken;
  }

  /** All rows are free. Places given out before are nobody's any more. */
  reset(): void {
    this.#generation += 1;
    this.#used = 0;
    this.#free = [];
  }

  take(): number {
    this.#taken += 1;
    return this.#generation * ROWS_MAX + (this.#free.pop() ?? this.#used++);
  }

  /** Undefined for a place from before the last reset: its row may be another run's. */
  rowOf(place: number): number | undefined {
    return Math.floor(place / ROWS_MAX) === this.#generation ? place % ROWS_MAX : undefined;
  }

  giveBack(place: number): void {
    this.#taken -= 1;
    const row = this.rowOf(place);
    if (row !== undefined) this.#free.push(row);
  }
}

/** Leaves 21 bits of a safe integer for the generation. */
const ROWS_MAX = 2 ** 32;
