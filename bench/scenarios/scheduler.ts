/** The whole service end to end: clients of the SDK in another process, SQLite with synchronous=FULL, the pool. */
import { type CallMode, measureCalls } from "../harness/measure-calls.ts";
import type { Scenario } from "../harness/scenario.ts";
import { CHILDREN, STEPS } from "../subjects/counts.ts";

const trivial: Omit<CallMode, "name" | "clients" | "batch"> = {
  kind: "results",
  function: "trivial",
  argument: 7,
  expected: 7,
  unit: "calls/s",
  unitsPerCall: 1,
};

export const schedulerTrivial: Scenario = {
  name: "scheduler-trivial",
  summary: "a function that returns its argument: dispatched, recorded, run, and its result given",
  notMeasured: "disks other than this one; more than one client process",
  run: (context) =>
    measureCalls(
      "scheduler-trivial",
      [
        { ...trivial, name: "64 in flight", clients: 64, batch: 1 },
        { ...trivial, name: "16 batches of 100, each result taken", clients: 16, batch: 100 },
        { ...trivial, name: "batches of 1,000, results left", kind: "drain", clients: 4, batch: 1_000 },
      ],
      context,
    ),
};

export const schedulerSteps: Scenario = {
  name: "scheduler-steps",
  summary: `a function that awaits ${STEPS} calls one after the other, suspended at each`,
  notMeasured: "steps that do work",
  run: (context) =>
    measureCalls(
      "scheduler-steps",
      [16, 64, 512].map((clients) => ({
        ...trivial,
        name: `${clients} functions at once`,
        function: "tenSteps",
        child: "step",
        expected: 7 + STEPS,
        unit: "steps/s",
        unitsPerCall: STEPS,
        clients,
        batch: 1,
      })),
      context,
    ),
};

export const schedulerFanOut: Scenario = {
  name: "scheduler-fan-out",
  summary: `a function that awaits ${CHILDREN} calls at once`,
  notMeasured: "children that do work",
  run: (context) =>
    measureCalls(
      "scheduler-fan-out",
      [1, 16].map((clients) => ({
        ...trivial,
        name: clients === 1 ? "one function at a time" : `${clients} functions at once`,
        function: "fanOut",
        child: "step",
        expected: 8 * CHILDREN,
        unit: "children/s",
        unitsPerCall: CHILDREN,
        clients,
        batch: 1,
      })),
      context,
    ),
};

export const schedulerLatency: Scenario = {
  name: "scheduler-latency",
  summary: "time from dispatch to result of the trivial function; the rate is what follows from it",
  notMeasured: "the network between machines",
  chart: "latency",
  run: (context) =>
    measureCalls(
      "scheduler-latency",
      [
        { ...trivial, name: "idle, one at a time", clients: 1, batch: 1 },
        { ...trivial, name: "8 in flight", clients: 8, batch: 1 },
        { ...trivial, name: "64 in flight", clients: 64, batch: 1 },
      ],
      context,
    ),
};

const sdk = (sampler: string) => ({
  setupModules: [new URL(`../subjects/tracing-${sampler}.ts`, import.meta.url).href],
});

export const schedulerTracing: Scenario = {
  name: "scheduler-tracing",
  summary: "the trivial function without an SDK for tracing, with one that samples nothing, and everything",
  notMeasured: "exporting the spans, which depends on the collector",
  onRequest: true,
  run: (context) =>
    measureCalls(
      "scheduler-tracing",
      [
        { name: "no SDK" },
        { name: "SDK, nothing sampled", service: sdk("unsampled") },
        { name: "SDK, everything sampled", service: sdk("sampled") },
      ].map((mode) => ({ ...trivial, ...mode, clients: 64, batch: 1 })),
      context,
    ),
};

export const clientBatching: Scenario = {
  name: "client-batching",
  summary: "1,000 dispatches of one call each in one turn, recorded durably; the calls start an hour later",
  notMeasured: "running the calls",
  run: (context) =>
    measureCalls(
      "client-batching",
      [
        { ...trivial, name: "sharing requests (default)", kind: "record", clients: 1, batch: 1_000 },
        {
          ...trivial,
          name: "a request for each call",
          kind: "record",
          clients: 1,
          batch: 1_000,
          client: { batchCallsMax: 1, requestsMax: 64 },
        },
      ],
      context,
    ),
};
