/**
 * What the pool has learned of each function from its runs: how long its code occupies a thread, which decides where
 * and with whom it runs, and whether it ends threads.
 */
import type { FunctionInfo } from "./protocol.ts";
import { Quarantine } from "./quarantine.ts";

/**
 * Weight of the newest answer in the moving average. First runs are slow while their code is being compiled, so
 * that a faster answer is believed sooner than a slower one.
 */
const WEIGHT_SLOWER = 0.1;
const WEIGHT_FASTER = 0.5;
/** What a function is taken to cost before it has answered. */
const UNKNOWN_MICROS = 50;
/** What a run costs besides the code of its function. */
const OVERHEAD_MICROS = 2;
/** Runs above this travel alone, and only to a thread with little before them. */
const HEAVY_MICROS = 250;

export class PoolFunction {
  readonly name: string;
  /** How long a run of it may take by its own options; infinite when it has no limit of its own. */
  timeoutMs = Number.POSITIVE_INFINITY;
  /** Runs of it that may be open at a time by its own options; infinite when it has no limit of its own. */
  concurrencyMax = Number.POSITIVE_INFINITY;
  /** Runs of it that were taken and are not answered. */
  openRuns = 0;
  readonly quarantine = new Quarantine();
  #micros = UNKNOWN_MICROS;

  constructor(name: string) {
    this.name = name;
  }

  learn(computingMicros: number): void {
    const weight = computingMicros < this.#micros ? WEIGHT_FASTER : WEIGHT_SLOWER;
    this.#micros += (computingMicros - this.#micros) * weight;
  }

  /** Microseconds one run of the function is expected to occupy its thread. */
  get costMicros(): number {
    return this.#micros + OVERHEAD_MICROS;
  }

  get isHeavy(): boolean {
    return this.costMicros > HEAVY_MICROS;
  }

  get isOnProbation(): boolean {
    return this.quarantine.isOnProbation;
  }
}

/** By name. Names that no thread has registered share one entry: they come from outside, and are labels of metrics. */
export class FunctionTable {
  readonly #functions = new Map<string, PoolFunction>();
  readonly #others = new PoolFunction("(unknown)");

  get(name: string): PoolFunction {
    return this.#functions.get(name) ?? this.#others;
  }

  /** What a thread has loaded. What was learned of a function that stays is kept. */
  register(functions: readonly FunctionInfo[]): void {
    const names = new Set(functions.map((one) => one.name));
    for (const name of this.#functions.keys()) if (!names.has(name)) this.#functions.delete(name);
    for (const { name, options } of functions) {
      const fn = this.#functions.get(name) ?? new PoolFunction(name);
      const { timeoutMs, concurrencyMax } = (options ?? {}) as Record<string, unknown>;
      fn.timeoutMs = typeof timeoutMs === "number" ? timeoutMs : Number.POSITIVE_INFINITY;
      fn.concurrencyMax = typeof concurrencyMax === "number" ? concurrencyMax : Number.POSITIVE_INFINITY;
      this.#functions.set(name, fn);
    }
  }
}
