// Runs a second through the pool alone, without HTTP: batches against one task a run, on one and on two threads.
// `node bench/pool.ts [seconds]`. Front µs is processor time of the main thread for a run, thread µs that of all
// other threads of the process (the pool's own, the garbage collector's, the platform's).
import { create, toBinary } from "@bufbuild/protobuf";
import { type PoolOptions, RunPool, threadCode } from "../src/pool/index.ts";
import { silentTelemetry } from "../src/telemetry/events.ts";
import { RunRequestSchema } from "../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { encodeArguments } from "../src/wire/values/index.ts";
import { describeCommit, describeMachine } from "./harness/machine.ts";
import { spreadOf } from "./harness/stats.ts";
import { renderTable } from "./harness/table.ts";

const seconds = Number(process.argv[2] ?? 1);
const REPEATS = 3;

interface Case {
  name: string;
  options: PoolOptions;
  runner: "echo" | "sdk";
  inFlight: number;
}

const cases: Case[] = [1, 2].flatMap((threads) => [
  {
    name: `echo, one task a run, ${threads} thread`,
    options: { threadsMax: threads, batchRunsMax: 1 },
    runner: "echo",
    inFlight: 64,
  },
  {
    name: `echo, batched, ${threads} thread`,
    options: { threadsMax: threads },
    runner: "echo",
    inFlight: 64,
  },
  {
    name: `echo, batched, 512 in flight, ${threads} thread`,
    options: { threadsMax: threads },
    runner: "echo",
    inFlight: 512,
  },
  {
    name: `SDK function, batched, ${threads} thread`,
    options: { threadsMax: threads, modules: [new URL("subjects/functions.ts", import.meta.url).href] },
    runner: "sdk",
    inFlight: 64,
  },
]);

const rows: string[][] = [];
for (const one of cases) rows.push(await measure(one));
console.log(`${JSON.stringify(describeMachine(false))} commit ${describeCommit()}\n`);
console.log(renderTable(["pool", "runs/s", "±", "front µs", "thread µs", "runs a batch", "p99 ms"], rows));

async function measure({ name, options, runner, inFlight }: Case): Promise<string[]> {
  const code =
    runner === "sdk"
      ? threadCode()
      : { ...threadCode(), runner: new URL("subjects/echo-runner.ts", import.meta.url).href };
  const pool = new RunPool(options, { telemetry: silentTelemetry, code });
  await pool.start();
  const request = toBinary(
    RunRequestSchema,
    create(RunRequestSchema, {
      function: "trivial",
      directive: { case: "input", value: encodeArguments(["hello"]) },
      dispatchId: "0190f3a2-7c1e-7b3a-9d55-2f6f1c8f0a01",
    }),
  );
  await load(pool, request, inFlight, 500);
  const repeats: Awaited<ReturnType<typeof load>>[] = [];
  for (let i = 0; i < REPEATS; i++) repeats.push(await load(pool, request, inFlight, seconds * 1_000));
  await pool.close();
  const rate = spreadOf(repeats.map((repeat) => repeat.rate));
  const median = (key: keyof (typeof repeats)[number]) =>
    spreadOf(repeats.map((repeat) => repeat[key])).median.toFixed(2);
  return [
    name,
    Math.round(rate.median).toLocaleString("en"),
    `${Math.round(rate.relative * 100)} %`,
    median("front"),
    median("threads"),
    median("batch"),
    median("p99"),
  ];
}

/** Keeps `inFlight` runs in flight: the answer of each is the start of the next. */
async function load(pool: RunPool, request: Uint8Array, inFlight: number, forMs: number) {
  const before = pool.snapshot();
  const cpu = process.cpuUsage();
  const front = process.threadCpuUsage();
  const startMs = performance.now();
  const latencies: number[] = [];
  let runs = 0;
  const loop = async () => {
    while (performance.now() - startMs < forMs) {
      const sentAtMs = performance.now();
      const response = await pool.run("trivial", request);
      if (response.length < 2) throw new Error("no answer");
      if (runs++ % 64 === 0) latencies.push(performance.now() - sentAtMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const elapsedMs = performance.now() - startMs;
  const all = process.cpuUsage(cpu);
  const main = process.threadCpuUsage(front);
  const after = pool.snapshot();
  latencies.sort((a, b) => a - b);
  const mainMicros = main.user + main.system;
  return {
    rate: (runs / elapsedMs) * 1_000,
    front: mainMicros / runs,
    threads: (all.user + all.system - mainMicros) / runs,
    batch: (after.runsSent - before.runsSent) / (after.batchesSent - before.batchesSent),
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}
