// npm run bench:scheduler-alone [-- --smoke] [--pool] [--only=TEXT]: the scheduler end to end on SQLite with synchronous=FULL,
// clients in its own thread. Functions are answered in that thread too, or with --pool run as users write them on one
// pool thread. Not measured: HTTP.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Scheduler } from "../src/scheduler/index.ts";
import { SqliteStore } from "../src/store/index.ts";
import { describeCommit, describeMachine } from "./harness/machine.ts";
import { latencyOf } from "./harness/stats.ts";
import { renderTable } from "./harness/table.ts";
import { startFunctions } from "./scheduler/delivery.ts";
import { CHILDREN, STEPS } from "./scheduler/functions.ts";
import { suspend, throughput } from "./scheduler/loads.ts";

const smoke = process.argv.includes("--smoke");
const onPool = process.argv.includes("--pool");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
const burstMs = smoke ? 200 : 3_000;
const rows: string[][] = [];
const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));

const loads: [title: string, name: string, clients: number, batch: number, units: number][] = [
  ["trivial, idle: one at a time", "trivial", 1, 1, 1],
  ["trivial, 64 in flight", "trivial", 64, 1, 1],
  ["trivial, 16 batches of 100", "trivial", 16, 100, 1],
  ["sequence of 10, 64 in flight: steps", "sequence", 64, 1, STEPS],
  ["sequence of 10, 512 in flight: steps", "sequence", 512, 1, STEPS],
  ["fan-out of 100, 16 in flight: children", "fanout", 16, 1, CHILDREN],
];

const functions = await startFunctions(onPool);
try {
  for (const [title, name, clients, batch, units] of loads) {
    if (only === undefined || title.includes(only)) await measure(title, name, clients, batch, units);
  }
  for (const count of onPool ? [] : smoke ? [1_000, 5_000] : [1_000, 100_000, 1_000_000]) {
    if (only === undefined || only === "suspended") await measureSuspended(count);
  }
} finally {
  await functions.close();
  rmSync(folder, { recursive: true, force: true });
}
const { cpu, cores, node } = describeMachine(false);
console.log(`${cpu}, ${cores} cores, Node ${node}, commit ${JSON.stringify(describeCommit())}`);
console.log(
  renderTable(
    ["load", "per s", "p50 ms", "p99 ms", "CPU µs", "changes/commit", "fsyncs/unit", "bytes/unit", "RSS MiB"],
    rows,
  ),
);

async function open(): Promise<Scheduler> {
  const file = join(folder, `${rows.length}.db`);
  const concurrency = { start: 1024 };
  return await Scheduler.open({
    store: new SqliteStore({ file }),
    delivery: functions.delivery,
    concurrency,
  });
}

async function measure(title: string, name: string, clients: number, batch: number, units: number) {
  const scheduler = await open();
  await throughput(scheduler, name, clients, batch, burstMs / 4, functions.input);
  rows.push(await burst(scheduler, title, name, clients, batch, units));
  await scheduler.close();
}

async function measureSuspended(count: number) {
  const scheduler = await open();
  await suspend(scheduler, count, functions.input);
  globalThis.gc?.();
  rows.push(await burst(scheduler, `trivial, 64 in flight, beside ${count} suspended`, "trivial", 64, 1, 1));
  await scheduler.close();
}

async function burst(
  scheduler: Scheduler,
  title: string,
  name: string,
  clients: number,
  batch: number,
  units: number,
) {
  const before = { cpu: process.cpuUsage(), written: bytesWritten(), store: await scheduler.storeStats() };
  const { perSecond, calls, latenciesMs } = await throughput(
    scheduler,
    name,
    clients,
    batch,
    burstMs,
    functions.input,
  );
  const cpu = process.cpuUsage(before.cpu);
  const store = await scheduler.storeStats();
  const total = calls * units;
  const commits = store.commits - before.store.commits;
  const { p50, p99 } = latencyOf(latenciesMs);
  return [
    title,
    Math.round(perSecond * units).toLocaleString("en"),
    p50.toFixed(2),
    p99.toFixed(2),
    ((cpu.user + cpu.system) / total).toFixed(1),
    ((store.changes - before.store.changes) / commits).toFixed(1),
    (commits / total).toFixed(3),
    String(Math.round((bytesWritten() - before.written) / total)),
    String(Math.round(process.memoryUsage.rss() / 2 ** 20)),
  ];
}

function bytesWritten(): number {
  try {
    return Number(/^wchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
