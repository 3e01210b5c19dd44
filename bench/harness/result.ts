/** The JSON that a bench run writes, and that the report and the comparison read. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Machine } from "./machine.ts";
import type { Latency, Spread } from "./stats.ts";

export const RESULT_FORMAT = 1;

export interface BenchResult {
  format: typeof RESULT_FORMAT;
  startedAt: string;
  commit: string;
  size: Size;
  seed: number;
  machine: Machine;
  durationSeconds: number;
  scenarios?: ScenarioNote[];
  measurements: Measurement[];
}

/** What a reader of the figures has to know of a scenario. */
export interface ScenarioNote {
  name: string;
  /** One line: what is measured. */
  summary: string;
  /** One line: what a reader might think it measures, and it does not. */
  notMeasured: string;
  /** What its chart shows. Default: `rate`. */
  chart?: "rate" | "latency";
}

export type Size = "smoke" | "real";

/** One scenario in one mode, over all its repeats. */
export interface Measurement {
  scenario: string;
  mode: string;
  /** What `rate` counts, e.g. `calls/s`; higher is better. */
  unit: string;
  rate: Spread;
  rates: number[];
  /** Milliseconds, the median over the repeats. */
  latencyMs?: Latency;
  /** Processor time of the process under test, microseconds per unit of work. */
  cpuMicrosPerUnit?: number;
  /** Share of one core the load generator used, 0 to 1: near 1 the generator is what limits. */
  generatorLoad?: number;
  rssMiB?: number;
  /** Requests that failed or gave another answer than expected. Anything but 0 voids the figure. */
  errors: number;
  /** Shows that the work was done: e.g. runs the server counted against answers the client counted. */
  checksum: string;
  /** Further figures by name; the unit is in the name (`fsyncsPerCall`, `eventLoopP99Ms`). */
  extra?: Record<string, number>;
  series?: Series;
}

/** A figure over time, for soaks. */
export interface Series {
  seconds: number[];
  rate: number[];
  p99Ms: number[];
  rssMiB: number[];
}

export function writeResult(file: string, result: BenchResult): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
}

/** Reads a result; throws an Error that names the file when it is not one. */
export function readResult(file: string): BenchResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file} is not a bench result: ${(cause as Error).message}`, { cause });
  }
  const result = parsed as BenchResult;
  if (result?.format !== RESULT_FORMAT || !Array.isArray(result.measurements)) {
    throw new Error(`${file} is not a bench result of format ${RESULT_FORMAT}`);
  }
  return result;
}
