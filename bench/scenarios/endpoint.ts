/** The endpoint with functions of each kind, in-process and over the pool in its two ways of sending tasks. */
import { create, toBinary } from "@bufbuild/protobuf";
import { RunRequestSchema } from "../../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { encodeArguments } from "../../src/wire/values/index.ts";
import { type Mode, measureModes, type RouteLoad } from "../harness/measure.ts";
import type { Scenario } from "../harness/scenario.ts";

const RUN_PATH = "/dispatch.sdk.v1.FunctionService/Run";
const SUBJECT = new URL("../subjects/endpoint.ts", import.meta.url);

export const IN_PROCESS: Mode = { name: "in-process", subject: SUBJECT, argument: { mode: "in-process" } };
export const POOL_SINGLE: Mode = {
  name: "pool, one task a request",
  subject: SUBJECT,
  argument: { mode: "pool-single" },
};
export const POOL: Mode = { name: "pool, batched", subject: SUBJECT, argument: { mode: "pool" } };

/** What HTTP alone costs: the same request and as many bytes back, and nothing is decoded or run. */
const FASTIFY: Mode = {
  name: "Fastify alone, answering a constant",
  subject: new URL("../subjects/fastify.ts", import.meta.url),
  argument: {},
};

export function runLoad(name: string, args: unknown[]): RouteLoad {
  const request = create(RunRequestSchema, {
    function: name,
    directive: { case: "input", value: encodeArguments(args) },
    dispatchId: "0190f3a2-7c1e-7b3a-9d55-2f6f1c8f0a01",
  });
  return {
    path: RUN_PATH,
    headers: { "content-type": "application/proto" },
    body: toBinary(RunRequestSchema, request),
  };
}

export const endpointTrivial: Scenario = {
  name: "endpoint-trivial",
  summary: "a function that returns its argument, by HTTP, closed loop",
  notMeasured: "scheduling or durability: the endpoint alone",
  run: (context) =>
    measureModes(
      "endpoint-trivial",
      [IN_PROCESS, POOL_SINGLE, POOL, FASTIFY],
      runLoad("trivial", ["hello"]),
      context,
    ),
};

export const endpointMetrics: Scenario = {
  name: "endpoint-metrics",
  summary: "the trivial function with metrics and without any telemetry",
  notMeasured: "scrapes: one every few seconds is no load",
  run: (context) =>
    measureModes(
      "endpoint-metrics",
      [
        { ...POOL, name: "metrics off", argument: { mode: "pool", metrics: false } },
        { ...POOL, name: "metrics on" },
      ],
      runLoad("trivial", ["hello"]),
      context,
    ),
};

export const endpointIo: Scenario = {
  name: "endpoint-io",
  summary: "a function that waits 5 ms on a timer",
  notMeasured: "real I/O: only that waiting runs share a thread",
  run: (context) =>
    measureModes("endpoint-io", [IN_PROCESS, POOL_SINGLE, POOL], runLoad("io5ms", [1]), context),
};

/** Asked beside functions that compute: whether the front still answers. */
const HEALTH: RouteLoad & { name: string } = {
  name: "health",
  path: "/healthz",
  method: "GET",
  headers: {},
  body: new Uint8Array(),
  connections: 4,
  ratePerSecond: 100,
};

export const endpointCpu: Scenario = {
  name: "endpoint-cpu",
  summary:
    "a function that computes for a fraction of a millisecond, with /healthz asked 100 times a second beside it",
  notMeasured: "scaling with threads: endpoint-threads does",
  run: (context) =>
    measureModes("endpoint-cpu", [IN_PROCESS, POOL_SINGLE, POOL], runLoad("computes", [1]), context, HEALTH),
};

export const endpointThreads: Scenario = {
  name: "endpoint-threads",
  summary: "the computing function on one and on two threads, the process under test on every core",
  notMeasured: "more threads than there are cores; the load generator shares the last core",
  run: (context) =>
    measureModes(
      "endpoint-threads",
      [1, 2].map((threads) => ({
        ...POOL,
        name: threads === 1 ? "1 thread" : `${threads} threads`,
        argument: { mode: "pool", threads },
      })),
      runLoad("computes", [1]),
      { ...context, subjectCores: undefined },
      HEALTH,
    ),
};

export const endpointMixed: Scenario = {
  name: "endpoint-mixed",
  summary: "the trivial function while the CPU function runs on 8 connections beside it",
  notMeasured: "fairness under a scheduler: the endpoint alone",
  run: (context) =>
    measureModes("endpoint-mixed", [IN_PROCESS, POOL], runLoad("trivial", ["hello"]), context, {
      name: "cpu",
      ...runLoad("computes", [1]),
      connections: 8,
      ratePerSecond: 100,
    }),
};

export const endpointOpenLoop: Scenario = {
  name: "endpoint-open-loop",
  summary: "the trivial function at a constant 5,000 requests a second, latency from when each was due",
  notMeasured: "the highest rate",
  run: (context) =>
    measureModes(
      "endpoint-open-loop",
      [IN_PROCESS, POOL],
      { ...runLoad("trivial", ["hello"]), ratePerSecond: 5_000 },
      context,
    ),
};
