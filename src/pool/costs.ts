/**
 * How long each function's code occupies a thread, learned from its answers. Decides whether a batch is worth
 * sharing out: splitting tiny runs costs more than it gains, not splitting long ones leaves threads idle.
 */

/**
 * Weight of the newest answer in the moving average. First runs are slow while their code is being compiled, so
 * that a faster answer is believed sooner than a slower one.
 */
const WEIGHT_SLOWER = 0.1;
const WEIGHT_FASTER = 0.5;
/** What a function is taken to cost before it has answered. */
const UNKNOWN_MICROS = 100;

export class FunctionCosts {
  readonly #micros = new Map<string, number>();

  learn(functionName: string, computingMicros: number): void {
    const known = this.#micros.get(functionName);
    if (known === undefined) this.#micros.set(functionName, computingMicros);
    else {
      const weight = computingMicros < known ? WEIGHT_FASTER : WEIGHT_SLOWER;
      this.#micros.set(functionName, known + (computingMicros - known) * weight);
    }
  }

  /** Microseconds one run of the function occupies its thread. */
  of(functionName: string): number {
    return this.#micros.get(functionName) ?? UNKNOWN_MICROS;
  }
}
