import { type Dashboard, INSTANCE } from "./panels.ts";

const perThread = (metric: string) => [
  { expr: `${metric}{${INSTANCE}}`, legend: "{{instance}} thread {{thread}}" },
];

export const pool: Dashboard = {
  uid: "dispatch-pool",
  title: "dispatch: pool and threads",
  description: "The worker threads: how busy, how full, why they end.",
  rows: [
    {
      title: "Load",
      panels: [
        {
          title: "Runs in flight by thread",
          description:
            "Runs a thread was sent and has not answered. Uneven for long: a run blocks its thread.",
          unit: "short",
          queries: perThread("dispatch_pool_thread_runs_in_flight"),
        },
        {
          title: "Threads busy",
          description:
            "Share of time each thread's event loop was busy. All near 1: CPU-bound, more threads help only with more cores.",
          unit: "percentunit",
          max: 1,
          queries: perThread("dispatch_pool_thread_event_loop_utilization_ratio"),
        },
        {
          title: "Queue depth",
          description: "Runs waiting for a thread.",
          unit: "short",
          queries: [{ expr: `dispatch_pool_queue_depth{${INSTANCE}}`, legend: "{{instance}}" }],
        },
        {
          title: "Runs a message",
          description:
            "Mean runs sent to a thread in one message. Grows with load; 1 under load means batching is off.",
          unit: "short",
          queries: [
            {
              expr: `sum by (instance) (rate(dispatch_pool_batch_runs_sum{${INSTANCE}}[$__rate_interval])) / sum by (instance) (rate(dispatch_pool_batch_runs_count{${INSTANCE}}[$__rate_interval]))`,
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Request size",
          description: "99th percentile of the bodies of Run requests.",
          unit: "bytes",
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le) (rate(dispatch_request_size_bytes_bucket{${INSTANCE}}[$__rate_interval])))`,
              legend: "p99",
            },
          ],
        },
        {
          title: "Threads",
          description: "Threads that live, between the configured minimum and maximum.",
          unit: "short",
          queries: [{ expr: `dispatch_pool_threads{${INSTANCE}}`, legend: "{{instance}}" }],
        },
      ],
    },
    {
      title: "Health",
      panels: [
        {
          title: "Heap used by thread",
          description: "Against the limit of each thread; a thread at its limit is replaced.",
          unit: "bytes",
          queries: [
            ...perThread("dispatch_pool_thread_heap_used_bytes"),
            { expr: `max(dispatch_pool_thread_heap_limit_bytes{${INSTANCE}})`, legend: "limit" },
          ],
        },
        {
          title: "Thread deaths by reason",
          description:
            "blocked: an endless loop. out-of-memory: the heap. exit, uncaught: the function's own doing. The log names the function.",
          unit: "ops",
          queries: [
            {
              expr: `sum by (reason) (increase(dispatch_pool_thread_deaths_total{${INSTANCE},reason!="retired"}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
        },
        {
          title: "Runs repeated",
          description: "Runs sent again because another run ended their thread.",
          unit: "ops",
          queries: [
            {
              expr: `rate(dispatch_pool_runs_repeated_total{${INSTANCE}}[$__rate_interval])`,
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Thread starts",
          description: "Threads that started and loaded the functions.",
          unit: "ops",
          queries: [
            {
              expr: `rate(dispatch_pool_thread_starts_total{${INSTANCE}}[$__rate_interval])`,
              legend: "{{instance}}",
            },
          ],
        },
      ],
    },
  ],
};
