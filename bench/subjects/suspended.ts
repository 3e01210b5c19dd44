/** The scheduler alone as a subject, with many suspended calls: functions and clients are in its own process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Scheduler } from "../../src/scheduler/index.ts";
import { SqliteStore } from "../../src/store/index.ts";
import { childArgument, serveParent } from "../harness/child.ts";
import { type Latency, latencyOf } from "../harness/stats.ts";
import { LocalFunctions } from "../scheduler/functions.ts";
import { suspend, throughput } from "../scheduler/loads.ts";

export type SuspendedOrder = { suspend: number } | { seconds: number };

export interface SuspendedReport {
  /** Calls that were suspended, or trivial calls that ran beside those. */
  calls: number;
  seconds: number;
  cpuMicros: number;
  /** Growth of the process, after collecting garbage. */
  rssGrowthBytes: number;
  rssMiB: number;
  latencyMs: Latency;
  /** Calls that have not ended: what was suspended so far. */
  live: number;
}

const { folder: parent = tmpdir() } = childArgument<{ folder?: string }>();
const folder = mkdtempSync(join(parent, "dispatch-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGTERM", () => process.exit());
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const scheduler = await Scheduler.open({
  store: new SqliteStore({ file: join(folder, "dispatch.db") }),
  delivery: new LocalFunctions(),
  concurrency: { start: 1024 },
});

serveParent({ ready: true }, async ({ order }: { order: SuspendedOrder }): Promise<SuspendedReport> => {
  collect();
  const before = { cpu: process.cpuUsage(), rss: process.memoryUsage.rss(), ms: performance.now() };
  const { calls, latenciesMs } =
    "suspend" in order
      ? await suspended(order.suspend)
      : await throughput(scheduler, "trivial", 64, 1, order.seconds * 1000);
  const seconds = (performance.now() - before.ms) / 1000;
  const { user, system } = process.cpuUsage(before.cpu);
  collect();
  const rss = process.memoryUsage.rss();
  return {
    calls,
    seconds,
    cpuMicros: user + system,
    rssGrowthBytes: rss - before.rss,
    rssMiB: rss / 2 ** 20,
    latencyMs: latencyOf(latenciesMs),
    live: scheduler.stats().liveCalls,
  };
});

async function suspended(calls: number) {
  await suspend(scheduler, calls);
  return { calls, latenciesMs: new Float64Array() };
}
