/** Every program does the same when each step happens in a thread, or process, that has never seen it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { runNative } from "../../src/coroutine/testing/driver.ts";
import { type Program, programFiles, programsIn, type Trace, traced } from "./support/programs.ts";
import { type Job, newJob } from "./support/stepper.ts";

const LONG = process.env.DISPATCH_TEST_LONG !== undefined;
/** Programs of more steps are for the long run: each step costs a thread, shared by all programs. */
const THREAD_STEPS_MAX = LONG ? 200 : 2;
const PROCESS_STEPS_MAX = LONG ? 200 : 1;
/** All programs take some hundred threads, each of which loads all of the code. */
const TIMEOUT_MS = LONG ? 1_800_000 : 100_000;

/** What these change belongs to their module, and is no part of a coroutine. */
const CHANGES_ITS_MODULE = new Set([
  "moduleBindings",
  "statics",
  "privateStaticsAndGetters",
  "moduleState",
  "liveBindings",
]);

const main = new URL("support/stepper-main.ts", import.meta.url);

function inThread(jobs: readonly Job[]): Promise<Job[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(main, { workerData: jobs });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

async function inProcess(jobs: readonly Job[]): Promise<Job[]> {
  const child = spawn(
    process.execPath,
    [...process.execArgv.filter((one) => !one.startsWith("--test")), main.pathname],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    },
  );
  child.stdin.end(JSON.stringify(jobs));
  return JSON.parse(await text(child.stdout)) as Job[];
}

const programs: { program: Program; expected: Trace; steps: number }[] = [];
for (const file of programFiles()) {
  for (const program of await programsIn(file)) {
    if (CHANGES_ITS_MODULE.has(program.name)) continue;
    const expected = await traced(() => runNative(program.native, []));
    programs.push({ program, expected, steps: Number(/ in (\d+) steps/.exec(expected.outcome)![1]) });
  }
}

const ways = [
  { way: "thread", advance: inThread, stepsMax: THREAD_STEPS_MAX },
  { way: "process", advance: inProcess, stepsMax: PROCESS_STEPS_MAX },
];

for (const { way, advance, stepsMax } of ways) {
  const chosen = programs.filter(({ steps }) => steps <= stepsMax);
  test(`${chosen.length} programs, each step in a new ${way}`, { timeout: TIMEOUT_MS }, async (t) => {
    let jobs = chosen.map(({ program }) => newJob(program.file, program.name));
    while (jobs.some((job) => job.outcome === undefined)) {
      const results = await advance(jobs.filter((job) => job.outcome === undefined));
      const byName = new Map(results.map((job) => [job.file + job.name, job]));
      jobs = jobs.map((job) => byName.get(job.file + job.name) ?? job);
    }
    for (const [index, { program, expected }] of chosen.entries()) {
      const { outcome, log } = jobs[index]!;
      await t.test(`${program.file}: ${program.name}`, () => assert.deepEqual({ outcome, log }, expected));
    }
  });
}
