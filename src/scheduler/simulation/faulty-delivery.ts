/** A delivery over an unreliable network, in virtual time. */
import { Status } from "../../wire/status.ts";
import type { Delivery, Outcome, Run } from "../types.ts";
import type { Faults } from "./faults.ts";
import type { SeededRandom } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface FaultyDeliveryOptions {
  readonly inner: Delivery;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** Asked at every run. */
  readonly faults: () => Faults;
  /** After which the scheduler gives an attempt up: late answers come after it. */
  readonly runTimeoutMs: number;
}

export class FaultyDelivery implements Delivery {
  readonly #options: FaultyDeliveryOptions;
  /** Answers to a process that was killed go nowhere. */
  #process = 0;

  constructor(options: FaultyDeliveryOptions) {
    this.#options = options;
  }

  /** The process that asked is gone. */
  crash(): void {
    this.#process += 1;
  }

  async deliver(run: Run): Promise<Outcome> {
    const process = this.#process;
    try {
      return await this.#carry(run);
    } finally {
      if (process !== this.#process) await new Promise(() => {});
    }
  }

  async #carry(run: Run): Promise<Outcome> {
    const { inner, clock, random, runTimeoutMs } = this.#options;
    const faults = this.#options.faults();
    if (random.chance(faults.unreachable)) {
      await clock.sleep(random.delayMs(5, 1_000));
      const status = random.pick([Status.DNS_ERROR, Status.TCP_ERROR, Status.TLS_ERROR, Status.THROTTLED]);
      const retryAfterMs = random.chance(0.3) ? random.integer(0, 5_000) : undefined;
      return { kind: "failure", status, error: { type: "Unreachable", message: "simulated" }, retryAfterMs };
    }
    const first = await inner.deliver(run);
    const answer = random.chance(faults.duplicate) ? await inner.deliver(run) : first;
    if (random.chance(faults.drop)) return await new Promise(() => {});
    if (random.chance(faults.late)) await clock.sleep(runTimeoutMs + random.integer(-5, 30_000));
    if (random.chance(faults.reject)) throw new Error("a delivery should not reject, and this one does");
    return answer;
  }
}
