import type { Delivery, Outcome, Run } from "../types.ts";

/**
 * A delivery that can be brought to rest: from `drain` on no run goes out, and those under way may end. A run that
 * is held back is never answered; its call is as it was when the store is opened again.
 */
export class DrainableDelivery implements Delivery {
  readonly #delivery: Delivery;
  #inFlight = 0;
  #atRest: (() => void) | undefined;
  #draining = false;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  async deliver(run: Run): Promise<Outcome> {
    if (this.#draining) return new Promise(() => {});
    this.#inFlight++;
    try {
      return await this.#delivery.deliver(run);
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#atRest?.();
    }
  }

  /** Resolves when no run is under way, or after `deadlineMs`. May be called twice. */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    if (this.#inFlight === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#atRest = resolve;
    const timer = setTimeout(resolve, deadlineMs);
    await promise;
    clearTimeout(timer);
  }
}
