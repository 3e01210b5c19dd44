/** Lets a limited number in at once, the others in the order in which they came. */
export class Turns {
  readonly #max: number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws the signal's reason when it is aborted before there is a turn */
  async take<T>(body: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#inside < this.#max) this.#inside++;
    else await this.#wait(signal);
    try {
      return await body();
    } finally {
      this.#leave();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(enter);
    });
  }

  /** The turn goes on to the next: the number inside stays as it is. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inside--;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
