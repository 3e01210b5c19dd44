/** Graphile Worker: jobs in PostgreSQL that are deleted when they are done; what a task returns is kept nowhere. */
import type { ClientContext, PeerClient, PeerWorker, WorkerContext } from "../adapter.ts";
import { load } from "../modules.ts";

/** The part of `graphile-worker` that is used here. */
interface GraphileWorker {
  run(options: {
    taskList: TaskList;
    preset: Preset;
    noHandleSignals: boolean;
    parsedCronItems: [];
  }): Promise<{
    stop(): Promise<void>;
  }>;
  runMigrations(options: { preset: Preset }): Promise<void>;
  makeWorkerUtils(options: { preset: Preset }): Promise<WorkerUtils>;
  Logger: new (factory: () => (level: string, message: string) => void) => unknown;
}
type TaskList = Record<string, (payload: { value: number }) => Promise<void>>;
interface Preset {
  worker: Record<string, unknown>;
}
interface WorkerUtils {
  addJobs(jobs: { identifier: string; payload: { value: number } }[]): Promise<unknown>;
  withPgClient<T>(run: (client: { query(text: string): Promise<{ rows: T[] }> }) => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

/** A schema, and so a queue, for each way to run; the sizes are those of its own performance test. */
const SCHEMAS: Record<string, Record<string, unknown>> = {
  trivial: { concurrentJobs: 24, maxPoolSize: 25 },
  "trivial-batches": {
    concurrentJobs: 24,
    maxPoolSize: 25,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};

export async function startWorker({ folder, server, tally }: WorkerContext): Promise<PeerWorker> {
  const { run, runMigrations, Logger } = load<GraphileWorker>(folder, "graphile-worker");
  const taskList: TaskList = {
    trivial: async ({ value }) => {
      tally.run("trivial", value);
    },
  };
  const presets = Object.entries(SCHEMAS).map(([name, options]) => presetOf(name, server, Logger, options));
  // All before any worker starts: a migration of one schema stops the workers of the others.
  for (const preset of presets) await runMigrations({ preset });
  const runners = await Promise.all(
    presets.map((preset) => run({ taskList, preset, noHandleSignals: true, parsedCronItems: [] })),
  );
  return {
    close: async () => {
      await Promise.all(runners.map((runner) => runner.stop()));
    },
  };
}

export async function startClient({ folder, server }: ClientContext): Promise<PeerClient> {
  const { makeWorkerUtils, Logger } = load<GraphileWorker>(folder, "graphile-worker");
  const utils = new Map<string, WorkerUtils>();
  for (const name of Object.keys(SCHEMAS)) {
    utils.set(name, await makeWorkerUtils({ preset: presetOf(name, server, Logger) }));
  }
  return {
    async submit(name, values) {
      await utils.get(name)!.addJobs(values.map((value) => ({ identifier: "trivial", payload: { value } })));
    },
    async drained(name) {
      const query = `SELECT EXISTS (SELECT FROM ${schemaOf(name)}._private_jobs) AS left`;
      const left = () =>
        utils
          .get(name)!
          .withPgClient<{ left: boolean }>(async (client) => (await client.query(query)).rows[0]!);
      while ((await left()).left) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    close: async () => {
      for (const one of utils.values()) await one.release();
    },
  };
}

function presetOf(
  name: string,
  connectionString: unknown,
  Logger: GraphileWorker["Logger"],
  options: Record<string, unknown> = {},
): Preset {
  const logger = new Logger(() => (level, message) => {
    if (level === "error") console.error(`graphile-worker: ${message}`);
  });
  return { worker: { ...options, connectionString, schema: schemaOf(name), logger } };
}

const schemaOf = (name: string) => `graphile_${name.replace("-", "_")}`;
