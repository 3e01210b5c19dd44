/** Where simulated functions run, each taking its time. */
import type { Delivery, Outcome, Run } from "../types.ts";
import { interpret } from "./interpreter.ts";
import type { Invariants } from "./invariants.ts";
import type { SeededRandom } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export class World implements Delivery {
  runs = 0;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #invariants: Invariants;
  /** Outlives every process: what the functions did to the world. */
  readonly #tries = new Map<string, number>();
  #nonces = 0;

  constructor(clock: VirtualClock, random: SeededRandom, invariants: Invariants) {
    this.#clock = clock;
    this.#random = random;
    this.#invariants = invariants;
  }

  async deliver(run: Run): Promise<Outcome> {
    this.#invariants.carriedOut(run);
    await this.#clock.sleep(this.#random.delayMs(5, 2_000));
    this.runs += 1;
    const response = interpret(run.request, run.id, {
      nowMs: this.#clock.now(),
      tries: (step) => {
        const tries = (this.#tries.get(step) ?? 0) + 1;
        this.#tries.set(step, tries);
        return tries;
      },
      nonce: () => ++this.#nonces,
      violation: (message) => this.#invariants.violation(`${run.id} attempt ${run.attempt}: ${message}`),
    });
    return { kind: "response", response };
  }
}
