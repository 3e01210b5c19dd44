/** Where simulated functions run, and the network in between. */
import { Status } from "../../wire/status.ts";
import type { Delivery, Outcome, Run } from "../types.ts";
import { type Faults, NO_FAULTS } from "./faults.ts";
import { interpret } from "./interpreter.ts";
import type { Invariants } from "./invariants.ts";
import type { SeededRandom } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export class World implements Delivery {
  faults: Faults = NO_FAULTS;
  runs = 0;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #invariants: Invariants;
  readonly #runTimeoutMs: number;
  /** Outlives every process: what the functions did to the world. */
  readonly #tries = new Map<string, number>();
  #nonces = 0;
  /** Answers to a process that was killed go nowhere. */
  #process = 0;

  constructor(clock: VirtualClock, random: SeededRandom, invariants: Invariants, runTimeoutMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#invariants = invariants;
    this.#runTimeoutMs = runTimeoutMs;
  }

  crash(): void {
    this.#process += 1;
  }

  async deliver(run: Run): Promise<Outcome> {
    const process = this.#process;
    this.#invariants.started(run);
    try {
      return await this.#carry(run);
    } finally {
      if (process !== this.#process) await new Promise(() => {});
    }
  }

  async #carry(run: Run): Promise<Outcome> {
    const { faults } = this;
    const random = this.#random;
    if (random.chance(faults.unreachable)) {
      await this.#clock.sleep(random.delayMs(5, 1_000));
      const status = random.pick([Status.DNS_ERROR, Status.TCP_ERROR, Status.TLS_ERROR, Status.THROTTLED]);
      const retryAfterMs = random.chance(0.3) ? random.integer(0, 5_000) : undefined;
      return { kind: "failure", status, error: { type: "Unreachable", message: "simulated" }, retryAfterMs };
    }
    const answer = await this.#execute(run, random.delayMs(5, 2_000));
    const second = random.chance(faults.duplicate)
      ? await this.#execute(run, random.delayMs(5, 500))
      : answer;
    if (random.chance(faults.drop)) return await new Promise(() => {});
    if (random.chance(faults.late)) await this.#clock.sleep(this.#runTimeoutMs + random.integer(-5, 30_000));
    if (random.chance(0.02)) throw new Error("a delivery should not reject, and this one does");
    return { kind: "response", response: second };
  }

  async #execute(run: Run, ms: number): Promise<Uint8Array> {
    await this.#clock.sleep(ms);
    this.runs += 1;
    return interpret(run.request, run.id, {
      nowMs: this.#clock.now(),
      tries: (step) => {
        const tries = (this.#tries.get(step) ?? 0) + 1;
        this.#tries.set(step, tries);
        return tries;
      },
      nonce: () => ++this.#nonces,
      violation: (message) => this.#invariants.violation(`${run.id} attempt ${run.attempt}: ${message}`),
    });
  }
}
