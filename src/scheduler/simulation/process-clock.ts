import type { Clock } from "../clock.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A process's view of time: nothing it asked for happens after it was killed. */
export class ProcessClock implements Clock {
  readonly #clock: VirtualClock;
  #dead = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  kill(): void {
    this.#dead = true;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(atMs: number, fire: () => void): () => void {
    return this.#clock.setTimer(atMs, () => {
      if (!this.#dead) fire();
    });
  }

  defer(run: () => void): void {
    this.#clock.defer(() => {
      if (!this.#dead) run();
    });
  }
}
