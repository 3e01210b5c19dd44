import { type Dashboard, INSTANCE, quantiles } from "./panels.ts";

export const scheduler: Dashboard = {
  uid: "dispatch-scheduler",
  title: "dispatch: scheduler and store",
  description: "Durable calls: how many, how old, what limits them; and the commits that make them durable.",
  rows: [
    {
      title: "Calls",
      panels: [
        {
          title: "Calls by state",
          description: "Calls that have not ended. Suspended ones cost only disk.",
          unit: "short",
          queries: [{ expr: `sum by (state) (dispatch_calls{${INSTANCE}})`, legend: "{{state}}" }],
        },
        {
          title: "Oldest ready call",
          description: "How long the longest-waiting ready call has waited for a place at its destination.",
          unit: "s",
          thresholds: [{ color: "green" }, { from: 10, color: "yellow" }, { from: 60, color: "red" }],
          queries: [
            {
              expr: `max by (instance) (dispatch_oldest_ready_call_age_seconds{${INSTANCE}})`,
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Calls ended",
          description: "By how they ended.",
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
          title: "Failed attempts by status",
          description:
            "Attempts that will mostly be tried again. A rise of one status tells where the trouble is.",
          unit: "ops",
          queries: [
            {
              expr: `sum by (status) (rate(dispatch_call_attempts_failed_total{${INSTANCE}}[$__rate_interval]))`,
              legend: "{{status}}",
            },
          ],
        },
        {
          title: "Adaptive limits",
          description:
            "Runs that may be in flight at once, by function and destination. Falls when a destination fails or slows down.",
          unit: "short",
          queries: [
            { expr: `dispatch_concurrency_limit{${INSTANCE}}`, legend: "{{function}} {{destination}}" },
          ],
        },
        {
          title: "Answers dropped, calls refused",
          description:
            "stale: an answer to an attempt that was given up. full, failing, closing: calls not taken.",
          unit: "ops",
          queries: [
            {
              expr: `sum by (reason) (rate(dispatch_answers_dropped_total{${INSTANCE}}[$__rate_interval]))`,
              legend: "dropped {{reason}}",
            },
            {
              expr: `sum by (reason) (rate(dispatch_calls_refused_total{${INSTANCE}}[$__rate_interval]))`,
              legend: "refused {{reason}}",
            },
          ],
        },
      ],
    },
    {
      title: "Store",
      panels: [
        {
          title: "Commit duration",
          description: "A commit is one fsync. Rising: the disk is slow or shared.",
          unit: "s",
          queries: quantiles("dispatch_store_commit_duration_seconds", INSTANCE),
        },
        {
          title: "Changes a commit",
          description:
            "Mean changes that share one fsync. Grows with load: that is where throughput comes from.",
          unit: "short",
          queries: [
            {
              expr: `sum by (instance) (rate(dispatch_store_commit_changes_sum{${INSTANCE}}[$__rate_interval])) / sum by (instance) (rate(dispatch_store_commit_changes_count{${INSTANCE}}[$__rate_interval]))`,
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Failed commits",
          description: "Nothing of a failed commit was written or acknowledged. The log has the reason.",
          unit: "ops",
          thresholds: [{ color: "green" }, { from: 0.001, color: "red" }],
          queries: [
            {
              expr: `sum by (code) (rate(dispatch_store_commits_failed_total{${INSTANCE}}[$__rate_interval]))`,
              legend: "{{code}}",
            },
          ],
        },
        {
          title: "Size on disk, free space",
          description: "The store with its write-ahead log, and what is left on its disk.",
          unit: "bytes",
          queries: [
            { expr: `dispatch_store_size_bytes{${INSTANCE}}`, legend: "store {{instance}}" },
            { expr: `dispatch_store_disk_free_bytes{${INSTANCE}}`, legend: "free {{instance}}" },
          ],
        },
        {
          title: "Ended calls removed",
          description: "Ended calls are kept for the retention time and then removed in small batches.",
          unit: "ops",
          queries: [
            {
              expr: `rate(dispatch_calls_removed_total{${INSTANCE}}[$__rate_interval])`,
              legend: "{{instance}}",
            },
          ],
        },
      ],
    },
  ],
};
