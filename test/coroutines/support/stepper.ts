/** One step of many coroutines, by bytes alone: what a thread or process does that knows nothing but the code. */
import { Coroutine } from "../../../src/coroutine/coroutine.ts";
import { SnapshotReader } from "../../../src/coroutine/snapshot/allocate.ts";
import { SnapshotWriter } from "../../../src/coroutine/snapshot/describe.ts";
import { decodeCoroutine, encodeCoroutine } from "../../../src/coroutine/snapshot/snapshot.ts";
import { loadCompiled } from "../../../src/coroutine/testing/programs.ts";
import { plainWorld } from "../../../src/coroutine/testing/world.ts";
import { decodeGraph, encodeGraph } from "../../../src/wire/graph/index.ts";
import { PROGRAMS, shown, traced } from "./programs.ts";

/** Bytes are in base64, to go through pipes. */
export interface Job {
  readonly file: string;
  readonly name: string;
  readonly steps: number;
  /** Absent before the first step. */
  readonly state?: string;
  readonly calls: readonly PendingCall[];
  readonly log: readonly string[];
  /** Once it has ended. */
  readonly outcome?: string;
}

interface PendingCall {
  readonly id: number;
  readonly functionName: string;
  readonly args: string;
}

export const newJob = (file: string, name: string): Job => ({ file, name, steps: 0, calls: [], log: [] });

/** Answers the first of its calls, and lets it run until it waits for another or ends. */
export async function advanced(job: Job): Promise<Job> {
  const module = await loadCompiled(new URL(job.file, PROGRAMS));
  let next: Job = job;
  const { log } = await traced(async () => {
    next = await advance(job, module[job.name]!);
    return { status: "ok", value: undefined, steps: 0 };
  });
  return { ...next, log: [...job.log, ...log] };
}

async function advance(job: Job, fn: () => unknown): Promise<Job> {
  const [first, ...rest] = job.calls.toSorted((a, b) => (a.id % 2 ** 32) - (b.id % 2 ** 32));
  let coroutine: Coroutine;
  if (job.state === undefined) {
    coroutine = new Coroutine();
    coroutine.start(fn as never, []);
  } else {
    coroutine = decodeCoroutine(Buffer.from(job.state, "base64"));
    coroutine.deliver(first!.id, answer(coroutine, first!));
  }
  const steps = job.steps + (job.state === undefined ? 0 : 1);
  for (;;) {
    await coroutine.quiet();
    const { main } = coroutine;
    if (main.$$S === 1)
      return { ...job, steps, calls: [], outcome: shown({ status: "ok", value: main.$$V, steps }) };
    if (main.$$S === 2)
      return { ...job, steps, calls: [], outcome: shown({ status: "error", error: main.$$V, steps }) };
    const { bytes, waitingOutside } = encodeCoroutine(coroutine);
    if (waitingOutside.length === 0) {
      const made = coroutine.fresh.map(({ correlationId, call }) => ({
        id: correlationId,
        functionName: call.function,
        args: base64(encodeGraph([...call.args], { hooks: new SnapshotWriter(), unknownErrors: "as-base" })),
      }));
      return { ...job, steps, state: base64(bytes), calls: [...rest, ...made] };
    }
    for (const task of waitingOutside) task.waitOutside();
  }
}

function answer(coroutine: Coroutine, call: PendingCall): { value: unknown } | { error: unknown } {
  try {
    const args = coroutine.enter(() => {
      const hooks = new SnapshotReader();
      const decoded = decodeGraph(Buffer.from(call.args, "base64"), { hooks });
      hooks.finish();
      return decoded as unknown[];
    });
    return { value: plainWorld(call.functionName, args) };
  } catch (error) {
    return { error };
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
