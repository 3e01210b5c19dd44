// Runs a second through the pool alone, without HTTP: batches against one task a run, on one and on two threads.
// `node bench/pool.ts [seconds]`. Front µs is processor time of the main thread for a run, thread µs that of all
// other threads of the process (the pool's own, the garbage collector's, the platform's).
import { setTimeout as wait } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { type PoolOptions, RunPool, threadCode } from "../src/pool/index.ts";
import { silentTelemetry } from "../src/telemetry/events.ts";
import { RunRequestSchema } from "../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { encodeArguments } from "../src/wire/values/index.ts";
import { describeCommit, describeMachine } from "./harness/machine.ts";
import { latencyOf, spreadOf } from "./harness/stats.ts";
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

const mixed: string[][] = [];
for (const threads of [1, 2]) mixed.push(await measureMixed(threads));
console.log(
  `\n${renderTable(["computing and trivial", "computing/s", "trivial p50 ms", "p99 ms", "moved"], mixed)}`,
);

async function measure({ name, options, runner, inFlight }: Case): Promise<string[]> {
  const code =
    runner === "sdk"
      ? threadCode()
      : { ...threadCode(), runner: new URL("subjects/echo-runner.ts", import.meta.url).href };
  const pool = new RunPool(options, { telemetry: silentTelemetry, code });
  await pool.start();
  const request = requestOf("trivial", ["hello"]);
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

/** A function that computes on 64 callers, and beside it a trivial one on 4 that pause for 3 ms. */
async function measureMixed(threads: number): Promise<string[]> {
  const modules = [new URL("subjects/functions.ts", import.meta.url).href];
  const pool = new RunPool({ threadsMax: threads, modules }, { telemetry: silentTelemetry });
  await pool.start();
  const latencies: number[] = [];
  let computed = 0;
  let isOver = false;
  const computing = Array.from({ length: 64 }, async () => {
    while (!isOver) {
      await pool.run("computes", requestOf("computes", [1]));
      computed++;
    }
  });
  const trivial = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const sentAtMs = performance.now();
      await pool.run("trivial", requestOf("trivial", ["hello"]));
      latencies.push(performance.now() - sentAtMs);
      await wait(3);
    }
  });
  await wait(REPEATS * seconds * 1_000);
  isOver = true;
  await Promise.all([...computing, ...trivial]);
  const { runsMoved } = pool.snapshot();
  await pool.close();
  const { p50, p99 } = latencyOf(Float64Array.from(latencies));
  const perSecond = Math.round(computed / (REPEATS * seconds)).toLocaleString("en");
  return [`${threads} threads`, perSecond, p50.toFixed(1), p99.toFixed(1), String(runsMoved)];
}

function requestOf(name: string, args: unknown[]): Uint8Array {
  return toBinary(
    RunRequestSchema,
    create(RunRequestSchema, {
      function: name,
      directive: { case: "input", value: encodeArguments(args) },
      dispatchId: "0190f3a2-7c1e-7b3a-9d55-2f6f1c8f0a01",
    }),
  );
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
