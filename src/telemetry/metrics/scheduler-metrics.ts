/** What the scheduler and its store count. Every name stands in docs/reference/metrics.md, which a test holds. */
import { Gauge, type Registry } from "prom-client";
import type { SchedulerEvent } from "../scheduler-events.ts";
import { BATCH_SIZE, DURATION_SECONDS } from "./buckets.ts";
import { FoldedCounter, FoldedHistogram } from "./folded.ts";
import { FunctionLabels } from "./function-labels.ts";
import { gauge } from "./gauge.ts";

/** The scheduler's figures at the moment of a scrape. */
export interface SchedulerGaugeFigures {
  liveCalls: number;
  readyCalls: number;
  runsInFlight: number;
  /** How long the call that has waited longest for a place has waited; 0 when none waits. */
  oldestReadyMs: number;
  routes: readonly { endpoint: string; function: string; limit: number; inFlight: number }[];
  /** Whether the store takes changes. */
  storeAvailable: boolean;
  /** Undefined for a store without files. */
  disk: { sizeBytes: number; freeBytes: number } | undefined;
}

/** Names of foreign functions come from callers: the busiest so many routes are shown, and no more. */
const ROUTES_SHOWN = 100;

export function schedulerMetrics(
  registry: Registry,
  isServed: (functionName: string) => boolean,
): (event: { readonly type: string }) => void {
  const functions = new FunctionLabels(isServed);
  const ended = new FoldedCounter(registry, {
    name: "dispatch_calls_ended_total",
    help: "Calls that ended, by function and how.",
    labelNames: ["function", "state"],
  });
  const attemptsFailed = new FoldedCounter(registry, {
    name: "dispatch_call_attempts_failed_total",
    help: "Attempts that did not end with OK, by function and dispatch.sdk.v1.Status.",
    labelNames: ["function", "status"],
  });
  const refused = new FoldedCounter(registry, {
    name: "dispatch_calls_refused_total",
    help: "Calls the scheduler did not take, by reason.",
    labelNames: ["reason"],
  });
  const dropped = new FoldedCounter(registry, {
    name: "dispatch_answers_dropped_total",
    help: "Answers to attempts that were over, by reason.",
    labelNames: ["reason"],
  });
  const removed = new FoldedCounter(registry, {
    name: "dispatch_calls_removed_total",
    help: "Ended calls removed after their retention time.",
    labelNames: [],
  });
  const commitDuration = new FoldedHistogram(
    registry,
    {
      name: "dispatch_store_commit_duration_seconds",
      help: "From handing a batch of changes to the store to its being durable.",
      labelNames: [],
    },
    DURATION_SECONDS,
  );
  const commitChanges = new FoldedHistogram(
    registry,
    { name: "dispatch_store_commit_changes", help: "Changes that share one commit.", labelNames: [] },
    BATCH_SIZE,
  );
  const commitsFailed = new FoldedCounter(registry, {
    name: "dispatch_store_commits_failed_total",
    help: "Commits that failed; nothing of them was written or acknowledged.",
    labelNames: ["code"],
  });

  return (any) => {
    const event = any as SchedulerEvent;
    switch (event.type) {
      case "scheduler-committed":
        commitDuration.observe([], event.durationMs / 1000);
        commitChanges.observe([], event.changes);
        break;
      case "scheduler-commit-failed":
        commitsFailed.add([event.code]);
        break;
      case "scheduler-calls-ended":
        ended.add([functions.labelOf(event.function), event.state], event.count);
        break;
      case "scheduler-attempt-failed":
        attemptsFailed.add([functions.labelOf(event.function), event.status]);
        break;
      case "scheduler-calls-refused":
        refused.add([event.reason], event.count);
        break;
      case "scheduler-answer-dropped":
        dropped.add([event.reason]);
        break;
      case "scheduler-removed":
        removed.add([], event.count);
        break;
    }
  };
}

/** Gauges that are read from the scheduler at each scrape. */
export function schedulerGauges(registry: Registry, figures: () => SchedulerGaugeFigures): void {
  let current: SchedulerGaugeFigures | undefined;
  new Gauge({
    name: "dispatch_calls",
    help: "Calls that have not ended: ready to run, running, or waiting (suspended, delayed, cancelling).",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      // The first of the gauges to be collected reads for all, and must not wait: the others follow at once.
      current = figures();
      const { liveCalls, readyCalls, runsInFlight } = current;
      this.set({ state: "ready" }, readyCalls);
      this.set({ state: "running" }, runsInFlight);
      this.set({ state: "waiting" }, Math.max(0, liveCalls - readyCalls - runsInFlight));
    },
  });
  gauge(
    registry,
    "dispatch_oldest_ready_call_age_seconds",
    "How long the longest-waiting ready call has waited for a place.",
    (set) => set((current?.oldestReadyMs ?? 0) / 1000),
  );
  gauge(
    registry,
    "dispatch_store_available",
    "1 while the store takes changes, 0 while it refuses them, does not answer or is lost.",
    (set) => set(current?.storeAvailable === false ? 0 : 1),
  );
  gauge(registry, "dispatch_store_size_bytes", "The store's files, write-ahead log included.", (set) =>
    set(current?.disk?.sizeBytes ?? 0),
  );
  new Gauge({
    name: "dispatch_store_disk_free_bytes",
    help: "Free space on the disk of the store; absent when the store has no files.",
    registers: [registry],
    collect() {
      this.reset();
      if (current?.disk !== undefined) this.set(current.disk.freeBytes);
      else this.remove();
    },
  });
  perRoute(
    "dispatch_concurrency_limit",
    "Runs that may be in flight at once, as adapted to the destination.",
    (route) => route.limit,
  );
  perRoute("dispatch_concurrency_in_flight", "Runs under way.", (route) => route.inFlight);

  function perRoute(
    name: string,
    help: string,
    read: (route: SchedulerGaugeFigures["routes"][number]) => number,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: ["function", "destination"],
      registers: [registry],
      collect() {
        this.reset();
        const busiest = [...(current?.routes ?? [])]
          .sort((a, b) => b.inFlight - a.inFlight)
          .slice(0, ROUTES_SHOWN);
        for (const route of busiest)
          this.set({ function: route.function, destination: route.endpoint || "local" }, read(route));
      },
    });
  }
}
