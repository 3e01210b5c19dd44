/** What the endpoint and the pool count. Every name stands in docs/reference/metrics.md, which a test holds. */

import { Gauge, type Registry } from "prom-client";
import { Status } from "../../wire/gen/dispatch/sdk/v1/status_pb.js";
import { BusyShare, type EventLoopTime } from "../busy-share.ts";
import type { TelemetryEvent } from "../events.ts";
import { BATCH_SIZE, DURATION_SECONDS, SIZE_BYTES } from "./buckets.ts";
import { FoldedCounter, FoldedHistogram } from "./folded.ts";
import { gauge } from "./gauge.ts";

/** The pool's figures at the moment of a scrape, as `RunPool.snapshot` gives them. */
export interface PoolFigures {
  threads: {
    id: number;
    inFlight: number;
    eventLoop: EventLoopTime;
    heapUsedBytes: number;
    heapLimitBytes: number;
  }[];
  queued: number;
  inFlight: number;
}

export function endpointMetrics(registry: Registry): (event: TelemetryEvent) => void {
  const runs = new FoldedCounter(registry, {
    name: "dispatch_runs_total",
    help: "Runs answered, by function and dispatch.sdk.v1.Status.",
    labelNames: ["function", "status"],
  });
  const duration = new FoldedHistogram(
    registry,
    {
      name: "dispatch_run_duration_seconds",
      help: "From the start of a run in its thread to its answer.",
      labelNames: ["function"],
    },
    DURATION_SECONDS,
  );
  const queueWait = new FoldedHistogram(
    registry,
    {
      name: "dispatch_run_queue_wait_seconds",
      help: "From a run's arrival in the pool to when it was sent to a thread.",
      labelNames: ["function"],
    },
    DURATION_SECONDS,
  );
  const batch = new FoldedHistogram(
    registry,
    { name: "dispatch_pool_batch_runs", help: "Runs sent to a thread in one message.", labelNames: [] },
    BATCH_SIZE,
  );
  const starts = new FoldedCounter(registry, {
    name: "dispatch_pool_thread_starts_total",
    help: "Threads that started and loaded the functions.",
    labelNames: [],
  });
  const deaths = new FoldedCounter(registry, {
    name: "dispatch_pool_thread_deaths_total",
    help: "Threads that ended, by reason.",
    labelNames: ["reason"],
  });
  const repeated = new FoldedCounter(registry, {
    name: "dispatch_pool_runs_repeated_total",
    help: "Runs sent again because another run ended their thread.",
    labelNames: [],
  });
  const rejected = new FoldedCounter(registry, {
    name: "dispatch_requests_rejected_total",
    help: "Requests refused before a function ran, by reason.",
    labelNames: ["reason"],
  });
  const size = new FoldedHistogram(
    registry,
    { name: "dispatch_request_size_bytes", help: "Bodies of Run requests.", labelNames: [] },
    SIZE_BYTES,
  );

  return (event) => {
    switch (event.type) {
      case "pool-runs-finished":
        for (const run of event.runs) {
          runs.add([run.functionName, Status[run.status] ?? "UNSPECIFIED"]);
          duration.observe([run.functionName], run.durationSeconds);
          queueWait.observe([run.functionName], run.queueSeconds);
        }
        break;
      case "pool-batch-sent":
        batch.observe([], event.runs);
        break;
      case "pool-thread-started":
        starts.add([]);
        break;
      case "pool-thread-died":
        deaths.add([event.reason]);
        repeated.add([], event.runsRepeated);
        break;
      case "request-rejected":
        rejected.add([event.reason]);
        break;
      case "request-received":
        size.observe([], event.bytes);
        break;
    }
  };
}

/** Gauges that are read from the pool at each scrape. */
export function poolGauges(registry: Registry, figures: () => PoolFigures | undefined): void {
  const busy = new BusyShare();
  let shares: number[] = [];
  let current: PoolFigures = { threads: [], queued: 0, inFlight: 0 };
  gauge(registry, "dispatch_pool_queue_depth", "Runs waiting for a thread.", (set) => {
    // The first of the gauges to be collected reads for all.
    current = figures() ?? current;
    shares = busy.read(current.threads);
    set(current.queued);
  });
  gauge(registry, "dispatch_pool_threads", "Threads that live.", (set) => set(current.threads.length));
  perThread(
    "dispatch_pool_thread_runs_in_flight",
    "Runs sent to a thread and not yet answered.",
    (one) => one.inFlight,
  );
  perThread(
    "dispatch_pool_thread_event_loop_utilization_ratio",
    "Share of time since the last scrape in which the thread's event loop was busy, 0 to 1.",
    (_one, index) => shares[index]!,
  );
  perThread("dispatch_pool_thread_heap_used_bytes", "Heap a thread uses.", (one) => one.heapUsedBytes);
  perThread("dispatch_pool_thread_heap_limit_bytes", "Heap a thread may use.", (one) => one.heapLimitBytes);

  function perThread(
    name: string,
    help: string,
    read: (thread: PoolFigures["threads"][number], index: number) => number,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: ["thread"],
      registers: [registry],
      collect() {
        this.reset();
        // The place in the list, not the id: ids grow with every replaced thread, and labels must not.
        for (const [index, thread] of current.threads.entries())
          this.set({ thread: String(index) }, read(thread, index));
      },
    });
  }
}
