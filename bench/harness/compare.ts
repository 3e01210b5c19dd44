/**
 * Compares two results with a verdict that allows for noise: a difference counts only when it is larger than
 * what the repeats of either side differ among themselves, and larger than a floor for drift between runs.
 */
import type { BenchResult, Measurement } from "./result.ts";

/** Runs minutes apart on a shared machine differ by this much with nothing changed. */
const DRIFT_FLOOR = 0.05;

export interface Comparison {
  scenario: string;
  mode: string;
  unit: string;
  before: number;
  after: number;
  /** after / before - 1. */
  change: number;
  /** What a change must exceed to be more than noise. */
  noise: number;
  verdict: "faster" | "slower" | "same" | "failed";
}

/** Why no figure of the one says anything about the other; undefined when they can be compared. */
export function whyIncomparable(before: BenchResult, after: BenchResult): string | undefined {
  if (before.size === after.size) return undefined;
  return `the results are of different sizes, ${before.size} and ${after.size}: they did not do the same work`;
}

/** Pairs measurements by scenario and mode; those in only one result are left out. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison[] {
  const key = (m: Measurement) => `${m.scenario}\u0000${m.mode}\u0000${m.unit}`;
  const earlier = new Map(before.measurements.map((m) => [key(m), m]));
  return after.measurements.flatMap((now) => {
    const then = earlier.get(key(now));
    return then === undefined ? [] : [compareMeasurements(then, now)];
  });
}

function compareMeasurements(then: Measurement, now: Measurement): Comparison {
  const change = now.rate.median / then.rate.median - 1;
  const noise = Math.max(DRIFT_FLOOR, then.rate.relative + now.rate.relative);
  return {
    scenario: now.scenario,
    mode: now.mode,
    unit: now.unit,
    before: then.rate.median,
    after: now.rate.median,
    change,
    noise,
    verdict:
      now.errors > 0 ? "failed" : Math.abs(change) <= noise ? "same" : change > 0 ? "faster" : "slower",
  };
}
