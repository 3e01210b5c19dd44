/** pg-boss: jobs in PostgreSQL. It tells nobody that a job has ended, so the client asks for all it waits for at once. */
import { randomUUID } from "node:crypto";
import type { ClientContext, PeerClient, PeerWorker, WorkerContext } from "../adapter.ts";
import { load } from "../modules.ts";

/** The part of `pg-boss` that is used here. */
interface PgBossModule {
  PgBoss: new (options: Record<string, unknown>) => PgBoss;
}
interface PgBoss {
  on(event: "error", listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: { graceful: boolean }): Promise<void>;
  createQueue(name: string, options: { notify: boolean }): Promise<void>;
  work(
    name: string,
    options: Record<string, unknown>,
    handler: (jobs: Job[]) => Promise<JobResult[]>,
  ): Promise<string>;
  insert(name: string, jobs: { id?: string; data: { value: number } }[]): Promise<unknown>;
  getDb(): { executeSql(text: string, values: unknown[]): Promise<{ rows: EndedJob[] }> };
}
interface Job {
  id: string;
  data: { value: number };
}
interface JobResult {
  id: string;
  status: "completed";
  output: { value: number };
}
interface EndedJob {
  id: string;
  state: string;
  output: { value: number };
}

/** Workers of each queue: those of single jobs share the work, the one of batches takes what is there. */
const QUEUES = {
  trivial: { batchSize: 64, localConcurrency: 2 },
  "trivial-batches": { batchSize: 500, localConcurrency: 2, burstWhenBatchFull: true },
};
/** How long the client waits after it has asked; longer adds to every latency, shorter takes more of the database. */
const ASK_EVERY_MS = 5;

export async function startWorker({ folder, server, tally }: WorkerContext): Promise<PeerWorker> {
  const boss = await start(folder, { connectionString: server, useListenNotify: true, max: 20 });
  for (const [name, options] of Object.entries(QUEUES)) {
    await boss.createQueue(name, { notify: true });
    // 0.5 s is the shortest that it takes; notifications wake it before.
    const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 };
    await boss.work(name, { ...options, ...polling, perJobResults: true }, async (jobs) =>
      jobs.map(({ id, data }) => ({
        id,
        status: "completed",
        output: { value: tally.run("trivial", data.value) },
      })),
    );
  }
  return { close: () => boss.stop({ graceful: false }) };
}

export async function startClient({ folder, server }: ClientContext): Promise<PeerClient> {
  const background = { supervise: false, schedule: false, migrate: false };
  const boss = await start(folder, { connectionString: server, max: 20, ...background });
  const asking = Object.keys(QUEUES).map((name) => new EndedJobs(boss, name));
  return {
    async call(name, values) {
      const jobs = values.map((value) => ({ id: randomUUID(), data: { value } }));
      await boss.insert(name, jobs);
      const ended = asking.find((one) => one.queue === name)!;
      return Promise.all(jobs.map(({ id }) => ended.wait(id)));
    },
    async submit(name, values) {
      await boss.insert(
        name,
        values.map((value) => ({ data: { value } })),
      );
    },
    async drained(name) {
      const query = "SELECT id, state FROM pgboss.job WHERE name = $1 AND state < 'completed' LIMIT 1";
      const left = async () => (await boss.getDb().executeSql(query, [name])).rows.length > 0;
      while (await left()) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    close: async () => {
      await Promise.all(asking.map((one) => one.close()));
      await boss.stop({ graceful: false });
    },
  };
}

/** Asks for the ends of all jobs of a queue that are waited for, in one query each time. */
class EndedJobs {
  readonly queue: string;
  readonly #boss: PgBoss;
  readonly #waiting = new Map<string, { resolve(value: number): void; reject(error: Error): void }>();
  #closed = false;
  readonly #loop: Promise<void>;

  constructor(boss: PgBoss, queue: string) {
    this.#boss = boss;
    this.queue = queue;
    this.#loop = this.#run();
  }

  wait(id: string): Promise<number> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      if (this.#waiting.size > 0) await this.#ask();
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  /** With the name: without it the primary key is of no use. */
  async #ask(): Promise<void> {
    const text = `SELECT id, state, output FROM pgboss.job
      WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('completed', 'failed')`;
    const { rows } = await this.#boss.getDb().executeSql(text, [this.queue, [...this.#waiting.keys()]]);
    for (const { id, state, output } of rows) {
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (state === "completed") waiter?.resolve(output.value);
      else waiter?.reject(new Error(JSON.stringify(output)));
    }
  }
}

async function start(folder: string, options: Record<string, unknown>): Promise<PgBoss> {
  const boss = new (load<PgBossModule>(folder, "pg-boss").PgBoss)(options);
  boss.on("error", (error) => console.error(`pg-boss: ${error.message}`));
  await boss.start();
  return boss;
}
