/**
 * Which runs end with which signal. A connection has one signal for all its requests: it gets one listener for ever,
 * which costs a tenth of adding and removing one for each run.
 */
import type { Run } from "./run.ts";

export class Cancellations {
  readonly #runs = new WeakMap<AbortSignal, Set<Run>>();
  readonly #cancel: (run: Run) => void;

  constructor(cancel: (run: Run) => void) {
    this.#cancel = cancel;
  }

  /** The run is cancelled when the signal, not yet aborted, is. */
  watch(run: Run, signal: AbortSignal): void {
    let runs = this.#runs.get(signal);
    if (runs === undefined) {
      runs = new Set();
      this.#runs.set(signal, runs);
      const all = runs;
      signal.addEventListener("abort", () => {
        for (const one of all) this.#cancel(one);
      });
    }
    runs.add(run);
    run.watchedWith = runs;
  }
}
