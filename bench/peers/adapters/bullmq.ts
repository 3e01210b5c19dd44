/** BullMQ: jobs of queues; sequences and fan-outs are flows, trees of jobs that are submitted whole. */
import { CHILDREN, STEPS } from "../../subjects/counts.ts";
import {
  type ClientContext,
  type Kind,
  kindOf,
  type PeerClient,
  type PeerWorker,
  type WorkerContext,
} from "../adapter.ts";
import { load } from "../modules.ts";

/** The part of `bullmq` that is used here. */
interface BullMq {
  Queue: new (
    name: string,
    options: Options,
  ) => Closable & {
    add(name: string, data: { value: number }, options: JobOptions): Promise<unknown>;
    addBulk(jobs: BulkJob[]): Promise<unknown>;
    getJobCountByTypes(...types: string[]): Promise<number>;
  };
  Worker: new (name: string, processor: (job: Job) => Promise<number>, options: WorkerOptions) => Closable;
  FlowProducer: new (options: Options) => Closable & { addBulk(flows: Flow[]): Promise<unknown> };
  QueueEvents: new (
    name: string,
    options: Options,
  ) => Closable & {
    on(event: "completed", listener: (event: { jobId: string; returnvalue: unknown }) => void): void;
    on(event: "failed", listener: (event: { jobId: string; failedReason: string }) => void): void;
  };
}
interface Options {
  connection: unknown;
}
interface WorkerOptions extends Options {
  concurrency: number;
}
interface Closable {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}
interface Job {
  name: string;
  data: { value: number };
  getChildrenValues(): Promise<Record<string, number>>;
}
interface JobOptions {
  jobId?: string;
  removeOnComplete: { count: number };
}
interface BulkJob {
  name: string;
  data: { value: number };
  opts: JobOptions;
}
interface Flow extends BulkJob {
  queueName: string;
  children?: Flow[];
}

const QUEUE: Record<Kind, string> = { trivial: "trivial", steps: "steps", fanOut: "fan-out" };
const CHILD_QUEUE = "children";
/** Finished jobs are kept as few, so that memory does not grow with the length of a burst. */
const KEEP = { removeOnComplete: { count: 1_000 } };

export async function startWorker({ folder, server: connection, tally }: WorkerContext): Promise<PeerWorker> {
  const { Worker } = load<BullMq>(folder, "bullmq");
  const valuesOf = async (job: Job) => Object.values(await job.getChildrenValues());
  const processors: Record<string, (job: Job) => Promise<number>> = {
    trivial: async ({ data }) => tally.run("trivial", data.value),
    steps: async (job) => {
      const [before = job.data.value] = job.name === "first" ? [] : await valuesOf(job);
      return tally.run("step", before) + 1;
    },
    "fan-out": async (job) => (await valuesOf(job)).reduce((sum, one) => sum + one, 0),
    [CHILD_QUEUE]: async ({ data }) => tally.run("step", data.value) + 1,
  };
  const workers = Object.entries(processors).map(
    ([queue, processor]) => new Worker(queue, processor, { connection, concurrency: 50 }),
  );
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

export async function startClient({ folder, server: connection }: ClientContext): Promise<PeerClient> {
  const { Queue, FlowProducer, QueueEvents } = load<BullMq>(folder, "bullmq");
  const waiting = new Map<string, { resolve(value: unknown): void; reject(error: Error): void }>();
  const settle = (jobId: string) => {
    const waiter = waiting.get(jobId);
    waiting.delete(jobId);
    return waiter;
  };
  const events = Object.values(QUEUE).map((queue) => {
    const one = new QueueEvents(queue, { connection });
    one.on("completed", ({ jobId, returnvalue }) => settle(jobId)?.resolve(returnvalue));
    one.on("failed", ({ jobId, failedReason }) => settle(jobId)?.reject(new Error(failedReason)));
    return one;
  });
  const queue = new Queue(QUEUE.trivial, { connection });
  const flows = new FlowProducer({ connection });
  const all = [...events, queue, flows];
  await Promise.all(all.map((one) => one.waitUntilReady()));
  return {
    async call(name, values) {
      const kind = kindOf(name);
      const ids = values.map((value) => `${kind}-${value}`);
      // Before they are added: their ends are events, which nobody repeats.
      const results = Promise.all(
        ids.map((id) => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))),
      );
      const tree = kind === "trivial" ? undefined : kind === "steps" ? sequence : fanOut;
      const [first, ...more] = values.map((value, index) => job(value, ids[index]));
      if (tree === undefined && more.length === 0) await queue.add(first!.name, first!.data, first!.opts);
      else if (tree === undefined) await queue.addBulk([first!, ...more]);
      else await flows.addBulk(values.map((value, index) => tree(value, ids[index]!)));
      return results;
    },
    async submit(_, values) {
      await queue.addBulk(values.map((value) => job(value)));
    },
    async drained() {
      const left = () => queue.getJobCountByTypes("wait", "active", "delayed", "prioritized", "paused");
      while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    close: async () => {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}

function job(value: number, jobId?: string): BulkJob {
  return { name: "job", data: { value }, opts: { ...KEEP, ...(jobId === undefined ? {} : { jobId }) } };
}

/** The last step is the root: a job runs when its child has. */
function sequence(value: number, jobId: string): Flow {
  let flow: Flow = { ...job(value), name: "first", queueName: QUEUE.steps };
  for (let step = 1; step < STEPS; step++) flow = { ...job(value), queueName: QUEUE.steps, children: [flow] };
  return { ...flow, opts: { ...KEEP, jobId } };
}

function fanOut(value: number, jobId: string): Flow {
  const children = Array.from({ length: CHILDREN }, () => ({ ...job(value), queueName: CHILD_QUEUE }));
  return { ...job(value, jobId), queueName: QUEUE.fanOut, children };
}
