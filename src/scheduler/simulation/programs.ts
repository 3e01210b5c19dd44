/**
 * What simulated functions do, as data: it travels in inputs and states, and its result can be told beforehand,
 * however often runs are repeated.
 */
import { Status } from "../../wire/status.ts";
import type { SeededRandom } from "./random.ts";

export interface Program {
  readonly value: number;
  readonly steps: readonly Step[];
}

export type Step =
  /** Makes calls and waits for all of them, or goes on with the first. */
  | {
      readonly op: "calls";
      readonly programs: readonly Program[];
      readonly all: boolean;
      readonly min: number;
      readonly max: number;
      readonly maxWaitMs: number;
      /** Of the calls; undefined: none. What they come to is uncertain then. */
      readonly expirationMs: number | undefined;
    }
  | { readonly op: "sleep"; readonly ms: number }
  /** Fails so many times before it goes on. */
  | { readonly op: "flaky"; readonly failures: number; readonly status: Status }
  /** Cannot read its state so many times. */
  | { readonly op: "incompatible"; readonly times: number }
  /** Polls with a call that is refused; goes on when told so. */
  | { readonly op: "refused" }
  | { readonly op: "tail"; readonly program: Program }
  | { readonly op: "fail" };

/** What a failed call counts in the sum of its caller. */
export const FAILED = -1_000_000;

/** The sum of its value and of its calls' results, FAILED when it fails, undefined when that is uncertain. */
export function expectedResult(program: Program): number | undefined {
  let sum = program.value;
  for (const step of program.steps) {
    if (step.op === "fail") return FAILED;
    if (step.op === "tail") return expectedResult(step.program);
    if (step.op !== "calls" || !step.all) continue;
    if (step.expirationMs !== undefined) return undefined;
    for (const child of step.programs) {
      const result = expectedResult(child);
      if (result === undefined) return undefined;
      sum += result;
    }
  }
  return sum;
}

export function randomProgram(random: SeededRandom, depth = 0): Program {
  const count = depth === 0 ? random.integer(0, 4) : random.integer(0, 2);
  return {
    value: random.integer(1, 100),
    steps: Array.from({ length: count }, () => randomStep(random, depth)),
  };
}

function randomStep(random: SeededRandom, depth: number): Step {
  const choice = random.next();
  if (choice < 0.45 && depth < 3) return randomCalls(random, depth);
  if (choice < 0.6) return { op: "sleep", ms: random.integer(1000, 7_200_000) };
  if (choice < 0.8) return { op: "flaky", failures: random.integer(1, 4), status: random.pick(RETRIED) };
  if (choice < 0.86) return { op: "incompatible", times: random.integer(1, 2) };
  if (choice < 0.92) return { op: "refused" };
  if (choice < 0.97 && depth < 2) return { op: "tail", program: randomProgram(random, depth + 1) };
  return { op: "fail" };
}

function randomCalls(random: SeededRandom, depth: number): Step {
  const count = random.chance(0.1) ? random.integer(5, 25) : random.integer(1, 4);
  const max = random.integer(1, count);
  return {
    op: "calls",
    programs: Array.from({ length: count }, () => randomProgram(random, depth + 1)),
    all: random.chance(0.8),
    min: random.integer(1, max),
    max,
    maxWaitMs: random.integer(1000, 3_600_000),
    expirationMs: random.chance(0.1) ? random.integer(1, 600_000) : undefined,
  };
}

const RETRIED = [
  Status.TIMEOUT,
  Status.THROTTLED,
  Status.TEMPORARY_ERROR,
  Status.DNS_ERROR,
  Status.TCP_ERROR,
  Status.TLS_ERROR,
  Status.HTTP_ERROR,
];
