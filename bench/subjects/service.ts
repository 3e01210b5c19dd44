/** The whole service as a subject: HTTP front, scheduler on SQLite with synchronous=FULL, functions on the pool. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pino } from "pino";
import { resolveConfig } from "../../src/config/index.ts";
import { startService } from "../../src/service.ts";
import { childArgument, serveParent } from "../harness/child.ts";

/** What the service did since it started. */
export interface ServiceCounters {
  /** Calls that succeeded, by function. */
  succeeded: Record<string, number>;
  /** Calls that ended in any other way, and attempts that failed. */
  failed: number;
  /** Calls that have not ended. */
  live: number;
  commits: number;
  changes: number;
  /** Bytes the process caused to be written to storage; NaN where the system does not say. */
  diskBytes: number;
  /** Processor time of the threads so far, by the name the system has for them, microseconds; empty where it does not say. */
  threadMicros: Record<string, number>;
  /** Event-loop delay of the front since the last question, p99 in milliseconds. */
  eventLoopP99Ms: number;
}

const { folder: parent = tmpdir(), ...flags } = childArgument<{ folder?: string }>();
const folder = mkdtempSync(join(parent, "dispatch-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const { config } = resolveConfig({
  flags: {
    endpointAddr: "127.0.0.1:0",
    storePath: join(folder, "dispatch.db"),
    scheduler: "on",
    liveCallsMax: 10_000_000,
    ...flags,
  },
});
const service = await startService({
  config,
  modules: ["functions.ts", "durable-functions.ts"].map((name) => new URL(name, import.meta.url).href),
  logger: pino({ level: "silent" }),
});
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on("SIGTERM", () => process.exit());

serveParent({ url: service.url }, async (): Promise<ServiceCounters> => {
  const { commits, changes } = await service.scheduler!.storeStats();
  const eventLoopP99Ms = delay.percentile(99) / 1e6;
  delay.reset();
  const figures = { commits, changes, diskBytes: diskBytes(), threadMicros: threadMicros(), eventLoopP99Ms };
  return { ...(await ends()), live: live(), ...figures };
});

function live(): number {
  const { liveCalls, pendingChanges } = service.scheduler!.stats();
  return liveCalls + pendingChanges;
}

async function ends(): Promise<Pick<ServiceCounters, "succeeded" | "failed">> {
  const succeeded: Record<string, number> = {};
  let failed = 0;
  for (const { labels, value } of await values("dispatch_calls_ended_total")) {
    if (labels.state === "succeeded") succeeded[String(labels.function)] = value;
    else failed += value;
  }
  for (const { value } of await values("dispatch_call_attempts_failed_total")) failed += value;
  return { succeeded, failed };
}

async function values(
  name: string,
): Promise<{ labels: Partial<Record<string, string | number>>; value: number }[]> {
  const metric = service.metrics.getSingleMetric(name);
  if (metric === undefined) throw new Error(`the service has no metric ${name}`);
  return (await metric.get()).values;
}

function threadMicros(): Record<string, number> {
  const micros: Record<string, number> = {};
  try {
    for (const id of readdirSync("/proc/self/task")) {
      const name = readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
      const [nanos] = readFileSync(`/proc/self/task/${id}/schedstat`, "utf8").split(" ");
      micros[name] = (micros[name] ?? 0) + Number(nanos) / 1000;
    }
  } catch {
    // Not Linux, or a thread that has just ended.
  }
  return micros;
}

function diskBytes(): number {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
  } catch {
    return Number.NaN;
  }
}
