/** The endpoint as a subject: the real HTTP front, with functions in-process or on the pool. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Registry } from "prom-client";
import { createEndpoint, type RunFunction } from "../../src/endpoint/index.ts";
import { RunPool } from "../../src/pool/index.ts";
import { coroutineSetup } from "../../src/pool/thread-code.ts";
import { silentTelemetry, type TelemetryEvent, telemetryTo } from "../../src/telemetry/events.ts";
import { endpointMetrics } from "../../src/telemetry/metrics/index.ts";
import { createRunner } from "../../workers/sdk-runner.ts";
import { childArgument, serveParent } from "../harness/child.ts";
import type { SubjectCounters } from "../harness/measure.ts";

interface Argument {
  mode: "in-process" | "pool-single" | "pool";
  threads?: number;
  metrics?: boolean;
}

const { mode, threads, metrics = true } = childArgument<Argument>();
const modules = ["functions.ts", "durable-functions.ts"].map((name) => new URL(name, import.meta.url).href);
let runs = 0;
const count = (event: TelemetryEvent) => {
  if (event.type === "pool-runs-finished") runs += event.runs.length;
};
const telemetry = metrics
  ? telemetryTo(count, endpointMetrics(new Registry()) as (event: TelemetryEvent) => void)
  : telemetryTo(count);

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

const { run, names } = await (mode === "in-process" ? inProcess() : onPool());
const endpoint = createEndpoint({
  run,
  serves: (name) => names.has(name),
  telemetry: metrics ? telemetry : silentTelemetry,
  bodyLimitBytes: 16_000_000,
});
const url = await endpoint.listen({ host: "127.0.0.1", port: 0 });

serveParent({ url }, (): SubjectCounters => {
  const eventLoopP99Ms = delay.percentile(99) / 1e6;
  delay.reset();
  return { runs, eventLoopP99Ms };
});

async function inProcess(): Promise<{ run: RunFunction; names: Set<string> }> {
  const runner = await createRunner(modules, [coroutineSetup]);
  return {
    names: new Set(runner.functions.map((one) => one.name)),
    run: async (_name, request, options) => {
      const response = await runner.run(request, options as { signal: AbortSignal });
      runs++;
      return response;
    },
  };
}

async function onPool(): Promise<{ run: RunFunction; names: Set<string> }> {
  const pool = new RunPool(
    {
      modules,
      ...(threads === undefined ? {} : { threadsMax: threads }),
      ...(mode === "pool-single" ? { batchRunsMax: 1 } : {}),
    },
    { telemetry },
  );
  const functions = await pool.start();
  return {
    names: new Set(functions.map((one) => one.name)),
    run: (name, request, options) => pool.run(name, request, options),
  };
}
