/** How often things go wrong, as probabilities per occasion. */
import type { SeededRandom } from "./random.ts";

export interface Faults {
  readonly commitFailure: number;
  /** The store can be used no more: it is opened again. */
  readonly storeLoss: number;
  readonly loadFailure: number;
  /** The answer never comes. */
  readonly drop: number;
  /** The run is carried out twice; the second answer counts. */
  readonly duplicate: number;
  /** The answer comes after the scheduler has given up. */
  readonly late: number;
  /** The destination cannot be reached. */
  readonly unreachable: number;
  /** The delivery breaks its promise, and rejects. */
  readonly reject: number;
  /** Mean time between crashes; 0: none. */
  readonly crashEveryMs: number;
}

/** A rule of the scheduler broken on purpose: the simulation must notice. */
export type Mutation =
  /** The store says "durable" before it is: effects come before the commit. */
  | "acknowledge_early"
  /** Some of a batch is written, and said to be all. */
  | "torn_commit";

/** Some seeds are calm, some are stormy. */
export function randomFaults(random: SeededRandom): Faults {
  const level = random.pick([0, 0.3, 1, 2]);
  return {
    commitFailure: 0.03 * level * random.next(),
    storeLoss: 0.01 * level * random.next(),
    loadFailure: 0.1 * level * random.next(),
    drop: 0.05 * level * random.next(),
    duplicate: 0.05 * level * random.next(),
    late: 0.05 * level * random.next(),
    unreachable: 0.05 * level * random.next(),
    reject: 0.02 * level * random.next(),
    crashEveryMs: level === 0 ? 0 : random.pick([0, 2_000, 60_000, 1_800_000]),
  };
}

export const NO_FAULTS: Faults = {
  commitFailure: 0,
  storeLoss: 0,
  loadFailure: 0,
  drop: 0,
  duplicate: 0,
  late: 0,
  unreachable: 0,
  reject: 0,
  crashEveryMs: 0,
};
