import { type Dashboard, INSTANCE, labelVariable, quantiles } from "./panels.ts";

const FUNCTION = `${INSTANCE},function="$function"`;

export const oneFunction: Dashboard = {
  uid: "dispatch-function",
  title: "dispatch: one function",
  description: "One function in depth.",
  variables: [labelVariable("function", "label_values(dispatch_runs_total, function)", "function", false)],
  rows: [
    {
      title: "Runs",
      panels: [
        {
          title: "Runs by status",
          description: "Runs of the function that ended, by dispatch.sdk.v1.Status.",
          unit: "ops",
          stacked: true,
          width: 12,
          queries: [
            {
              expr: `sum by (status) (rate(dispatch_runs_total{${FUNCTION}}[$__rate_interval]))`,
              legend: "{{status}}",
            },
          ],
        },
        {
          title: "Run duration",
          description:
            "From a run's start in its thread to its answer; a durable function has a run for each time it is resumed.",
          unit: "s",
          width: 12,
          queries: quantiles("dispatch_run_duration_seconds", FUNCTION),
        },
        {
          title: "Wait for a thread",
          description: "From a run's arrival in the pool to its thread.",
          unit: "s",
          width: 12,
          queries: quantiles("dispatch_run_queue_wait_seconds", FUNCTION),
        },
        {
          title: "Distribution of run durations",
          description: "How many runs took how long.",
          unit: "s",
          kind: "heatmap",
          width: 12,
          queries: [
            {
              expr: `sum by (le) (increase(dispatch_run_duration_seconds_bucket{${FUNCTION}}[$__rate_interval]))`,
              legend: "{{le}}",
            },
          ],
        },
      ],
    },
    {
      title: "Calls",
      panels: [
        {
          title: "Calls ended",
          description: "Durable calls of the function by how they ended.",
          unit: "ops",
          stacked: true,
          width: 12,
          queries: [
            {
              expr: `sum by (state) (rate(dispatch_calls_ended_total{${FUNCTION}}[$__rate_interval]))`,
              legend: "{{state}}",
            },
          ],
        },
        {
          title: "Failed attempts",
          description:
            "Attempts that did not end with OK, by status; those of a retried category are tried again.",
          unit: "ops",
          width: 12,
          queries: [
            {
              expr: `sum by (status) (rate(dispatch_call_attempts_failed_total{${FUNCTION}}[$__rate_interval]))`,
              legend: "{{status}}",
            },
          ],
        },
      ],
    },
  ],
};
