/**
 * The figures of the live page: what happened in the last second, and what stands now. Folds the events of the
 * telemetry into a frame a second, and keeps the last minutes of frames for whoever opens the page.
 */
import type { TelemetryEvent } from "../../telemetry/events.ts";
import { Status } from "../../wire/gen/dispatch/sdk/v1/status_pb.js";

/** One second of the service. Rates are per second, times in milliseconds. */
export interface LiveFrame {
  atMs: number;
  /** Runs that ended with OK, and all others. */
  succeeded: number;
  failed: number;
  /** Requests refused before a function ran. */
  rejected: number;
  /** From a run's arrival in the pool to its answer; 0 when there was none. */
  p50Ms: number;
  p99Ms: number;
  queued: number;
  inFlight: number;
  /** Share of the second that the front's event loop was busy. */
  frontBusy: number;
  threads: { inFlight: number; busy: number; heapMiB: number }[];
  /** Busiest functions of the second. */
  functions: { name: string; rate: number; failed: number; p99Ms: number }[];
  /** What other rooms add: scheduler, store. */
  scheduler?: SchedulerFigures;
}

export interface SchedulerFigures {
  /** Calls by state, those that have not ended. */
  calls: Record<string, number>;
  limits: { destination: string; function: string; limit: number; inFlight: number }[];
  commitsPerSecond: number;
  commitP99Ms: number;
}

/** What stands at the moment of a frame. */
export type LiveState = Pick<LiveFrame, "queued" | "inFlight" | "frontBusy" | "threads" | "scheduler">;

const FRAMES_KEPT = 300;
const FUNCTIONS_SHOWN = 12;
/** Latencies kept of one second; beyond it every further one replaces one at random, so that a sample stays. */
const SAMPLES_MAX = 4_096;

export class LiveFeed {
  readonly #random: () => number;
  readonly #listeners = new Set<(frame: LiveFrame) => void>();
  #frames: LiveFrame[] = [];
  #second = new Second();

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The last minutes, oldest first. */
  get frames(): readonly LiveFrame[] {
    return this.#frames;
  }

  /** For the telemetry. */
  readonly subscribe = (event: TelemetryEvent): void => {
    if (event.type === "request-rejected") this.#second.rejected++;
    if (event.type !== "pool-runs-finished") return;
    for (const run of event.runs) this.#second.add(run, this.#random);
  };

  /** Ends the second: makes its frame and tells it to the listeners. */
  tick(atMs: number, state: LiveState): LiveFrame {
    const frame = { atMs, ...this.#second.figures(), ...state };
    this.#second = new Second();
    this.#frames = [...this.#frames.slice(1 - FRAMES_KEPT), frame];
    for (const listener of this.#listeners) listener(frame);
    return frame;
  }

  /** Calls the listener with each frame to come; the result stops it. */
  listen(listener: (frame: LiveFrame) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

interface FinishedRun {
  readonly functionName: string;
  readonly status: number;
  readonly durationSeconds: number;
  readonly queueSeconds: number;
}

class Second {
  rejected = 0;
  #succeeded = 0;
  #failed = 0;
  readonly #latencies = new Samples();
  readonly #functions = new Map<string, { rate: number; failed: number; latencies: Samples }>();

  add(run: FinishedRun, random: () => number): void {
    const failed = run.status !== Status.OK;
    const latencyMs = (run.durationSeconds + run.queueSeconds) * 1000;
    if (failed) this.#failed++;
    else this.#succeeded++;
    this.#latencies.add(latencyMs, random);
    let figures = this.#functions.get(run.functionName);
    if (figures === undefined) {
      figures = { rate: 0, failed: 0, latencies: new Samples() };
      this.#functions.set(run.functionName, figures);
    }
    figures.rate++;
    if (failed) figures.failed++;
    figures.latencies.add(latencyMs, random);
  }

  figures() {
    const functions = [...this.#functions]
      .map(([name, { rate, failed, latencies }]) => ({ name, rate, failed, p99Ms: latencies.quantile(0.99) }))
      .sort((a, b) => b.rate - a.rate)
      .slice(0, FUNCTIONS_SHOWN);
    return {
      succeeded: this.#succeeded,
      failed: this.#failed,
      rejected: this.rejected,
      p50Ms: this.#latencies.quantile(0.5),
      p99Ms: this.#latencies.quantile(0.99),
      functions,
    };
  }
}

/** A uniform sample of bounded size (reservoir sampling, algorithm R). */
class Samples {
  readonly #values: number[] = [];
  #seen = 0;

  add(value: number, random: () => number): void {
    this.#seen++;
    if (this.#values.length < SAMPLES_MAX) {
      this.#values.push(value);
      return;
    }
    const place = Math.floor(random() * this.#seen);
    if (place < SAMPLES_MAX) this.#values[place] = value;
  }

  quantile(q: number): number {
    if (this.#values.length === 0) return 0;
    const sorted = this.#values.sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  }
}
