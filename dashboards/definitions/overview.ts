import { type Dashboard, INSTANCE, quantiles } from "./panels.ts";

export const overview: Dashboard = {
  uid: "dispatch-overview",
  title: "dispatch: overview",
  description: "Is it well? Throughput, latency, errors and saturation of the whole service.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "Runs per second",
          description: "Runs of functions that ended, whatever their status.",
          unit: "ops",
          kind: "stat",
          width: 4,
          queries: [{ expr: `sum(rate(dispatch_runs_total{${INSTANCE}}[$__rate_interval]))` }],
        },
        {
          title: "Failing share",
          description: "Share of runs that did not end with OK. Which functions: the panel below.",
          unit: "percentunit",
          kind: "stat",
          width: 4,
          thresholds: [{ color: "green" }, { from: 0.01, color: "yellow" }, { from: 0.1, color: "red" }],
          queries: [
            {
              expr: `sum(rate(dispatch_runs_total{${INSTANCE},status!="OK"}[$__rate_interval])) / sum(rate(dispatch_runs_total{${INSTANCE}}[$__rate_interval]))`,
            },
          ],
        },
        {
          title: "Waiting for a thread",
          description: "Runs queued in the pool. Growing means the threads are saturated.",
          unit: "short",
          kind: "stat",
          width: 4,
          thresholds: [{ color: "green" }, { from: 1_000, color: "yellow" }, { from: 10_000, color: "red" }],
          queries: [{ expr: `sum(dispatch_pool_queue_depth{${INSTANCE}})` }],
        },
        {
          title: "Front event-loop delay",
          description:
            "99th percentile; about 10 ms are the sampling itself. Much more means work on the front that belongs in a thread.",
          unit: "s",
          kind: "stat",
          width: 4,
          thresholds: [{ color: "green" }, { from: 0.05, color: "yellow" }, { from: 0.2, color: "red" }],
          queries: [{ expr: `max(dispatch_front_event_loop_delay_p99_seconds{${INSTANCE}})` }],
        },
        {
          title: "Oldest ready call",
          description: "How long the longest-waiting ready call has waited for a place at its destination.",
          unit: "s",
          kind: "stat",
          width: 4,
          thresholds: [{ color: "green" }, { from: 10, color: "yellow" }, { from: 60, color: "red" }],
          queries: [{ expr: `max(dispatch_oldest_ready_call_age_seconds{${INSTANCE}})` }],
        },
        {
          title: "Instances",
          description: "Instances that answer a scrape, with their version.",
          unit: "short",
          kind: "stat",
          width: 4,
          queries: [{ expr: `count(dispatch_build_info{${INSTANCE}})` }],
        },
      ],
    },
    {
      title: "Work",
      panels: [
        {
          title: "Runs by status",
          description: "Runs that ended, by dispatch.sdk.v1.Status.",
          unit: "ops",
          stacked: true,
          queries: [
            {
              expr: `sum by (status) (rate(dispatch_runs_total{${INSTANCE}}[$__rate_interval]))`,
              legend: "{{status}}",
            },
          ],
        },
        {
          title: "Run duration",
          description: "From a run's start in its thread to its answer.",
          unit: "s",
          queries: quantiles("dispatch_run_duration_seconds", INSTANCE),
        },
        {
          title: "Wait for a thread",
          description: "From a run's arrival in the pool to its thread. Rises when threads are saturated.",
          unit: "s",
          queries: quantiles("dispatch_run_queue_wait_seconds", INSTANCE),
        },
        {
          title: "Failing runs by function",
          description: "Where errors come from; the status is in the function's own dashboard.",
          unit: "ops",
          queries: [
            {
              expr: `topk(10, sum by (function) (rate(dispatch_runs_total{${INSTANCE},status!="OK"}[$__rate_interval])) > 0)`,
              legend: "{{function}}",
            },
          ],
        },
        {
          title: "Calls ended",
          description: "Durable calls by how they ended.",
          unit: "ops",
          stacked: true,
          queries: [
            {
              expr: `sum by (state) (rate(dispatch_calls_ended_total{${INSTANCE}}[$__rate_interval]))`,
              legend: "{{state}}",
            },
          ],
        },
        {
          title: "Refused requests",
          description:
            "Requests that reached no function, by reason. queue-full is overload; unauthenticated is a key.",
          unit: "ops",
          queries: [
            {
              expr: `sum by (reason) (rate(dispatch_requests_rejected_total{${INSTANCE}}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
        },
      ],
    },
    {
      title: "Process",
      panels: [
        {
          title: "Processor",
          description: "Cores used, all threads.",
          unit: "short",
          queries: [
            {
              expr: `rate(dispatch_process_cpu_seconds_total{${INSTANCE}}[$__rate_interval])`,
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Resident memory",
          description:
            "Of the whole process. A slope that does not flatten is a leak, mostly in a function's module state.",
          unit: "bytes",
          queries: [{ expr: `dispatch_process_resident_memory_bytes{${INSTANCE}}`, legend: "{{instance}}" }],
        },
        {
          title: "Front busy",
          description:
            "Share of time the front's event loop was busy. Near 1, one process accepts no more: run another.",
          unit: "percentunit",
          max: 1,
          queries: [
            { expr: `dispatch_front_event_loop_utilization_ratio{${INSTANCE}}`, legend: "{{instance}}" },
          ],
        },
      ],
    },
  ],
};
