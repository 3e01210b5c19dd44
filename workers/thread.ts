/**
 * The entry of a pool thread, called by Piscina with each task: first `start`, then batches of runs, perhaps `stop`. The thread
 * owns the runs it was sent until they are answered; the front owns everything else.
 */
import type { MessagePort } from "node:worker_threads";
import {
  decodeRuns,
  type FunctionInfo,
  type StartTask,
  type ThreadNotice,
  type ThreadTask,
} from "../src/pool/protocol.ts";
import { SharedState } from "../src/pool/shared-state.ts";
import { Answers } from "./answers.ts";
import { blameRuns } from "./blame.ts";
import { MemoryGuard } from "./memory-guard.ts";
import { yieldToFront } from "./priority.ts";
import { RunTable } from "./run-table.ts";
import type { CreateRunner } from "./runner.ts";

/** Starting runs for this long, the thread lets its event loop turn: answers leave, timers and sockets are served. */
const STRETCH_MS = 1;

let runs: RunTable | undefined;
let answers: Answers | undefined;
let shutdown: (() => Promise<void>) | undefined;

export default function handle(task: ThreadTask): Promise<FunctionInfo[] | Uint8Array | undefined> {
  if (task instanceof Uint8Array) return runBatch(task);
  return task.type === "start" ? start(task) : stop();
}

async function start(task: StartTask): Promise<FunctionInfo[]> {
  yieldToFront();
  const shared = new SharedState(task.shared);
  const { createRunner } = (await import(task.runner)) as { createRunner: CreateRunner };
  const notice = (one: ThreadNotice) => task.port.postMessage(one);
  const runner = await createRunner(task.modules, task.setupModules, process.env, notice);
  shutdown = runner.shutdown;
  const memory = new MemoryGuard(task.memoryBytesMax);
  if (memory.isExceeded(performance.now())) throw new Error(tooLarge(memory.usedBytes, task.memoryBytesMax));
  const table = new RunTable({ ...task, runner, shared, answers: (answers = new Answers(task.port)) });
  runs = table;
  const end = blameRuns({
    shared,
    fail: (run, message) => table.fail(run, message),
    warn: (message) => notice({ level: "error", message }),
    leave: () => answers?.send(),
  });
  setInterval(() => {
    shared.beat();
    shared.memoryBytes = memory.usedBytes;
    const nowMs = performance.now();
    table.expire(nowMs);
    if (memory.isExceeded(nowMs)) end("out-of-memory", "", 1);
  }, task.heartbeatMs).unref();
  listen(task.port, (id) => table.cancel(id));
  return runner.functions;
}

async function stop(): Promise<undefined> {
  await shutdown?.();
}

function tooLarge(usedBytes: number, maxBytes: number): string {
  const [used, max] = [usedBytes, maxBytes].map((bytes) => Math.ceil(bytes / 2 ** 20));
  return `the functions' modules alone take ${used} MiB of memory, and a thread may have ${max}`;
}

function listen(port: MessagePort, cancel: (id: number) => void): void {
  port.on("message", cancel);
  // A thread lives as long as Piscina wants it, not as long as this port is open.
  port.unref();
}

/** Starts the runs; the result is what was answered by the end of the turn, the rest follows over the port. */
async function runBatch(batch: Uint8Array): Promise<Uint8Array | undefined> {
  let stretchEndMs = performance.now() + STRETCH_MS;
  for (const run of decodeRuns(batch)) {
    if (run.isHeavy || performance.now() >= stretchEndMs) {
      await turn();
      answers!.send();
      stretchEndMs = performance.now() + STRETCH_MS;
    }
    runs!.start(run);
  }
  await turn();
  return answers!.take();
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
