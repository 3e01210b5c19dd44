/** DBOS: workflows in the process of an HTTP server, as its users have them; the client sends a request for each. */
import { CHILDREN, STEPS } from "../../subjects/counts.ts";
import type { ClientContext, PeerClient, PeerWorker, WorkerContext } from "../adapter.ts";
import { load } from "../modules.ts";
import { httpClient, serveCalls } from "./http.ts";

/** The part of `@dbos-inc/dbos-sdk` that is used here. */
interface DbosModule {
  DBOS: {
    setConfig(config: Record<string, unknown>): void;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
    registerWorkflow(run: Workflow, options: { name: string }): Workflow;
    startWorkflow(workflow: Workflow): (value: number) => Promise<{ getResult(): Promise<number> }>;
    runStep(run: () => Promise<number>, options: { name: string }): Promise<number>;
    registerQueue(name: string, options: { minPollingIntervalMs: number }): Promise<unknown>;
  };
  DBOSClient: {
    create(options: { systemDatabaseUrl: unknown; applicationName: string }): Promise<QueueClient>;
  };
}
interface QueueClient {
  enqueueInTransaction(
    client: PgClient,
    to: { queueName: string; workflowName: string },
    value: number,
  ): Promise<unknown>;
  destroy(): Promise<void>;
}
/** The part of `pg` that is used here. */
interface Pg {
  Pool: new (options: {
    connectionString: unknown;
  }) => {
    connect(): Promise<PgClient>;
    query(text: string): Promise<{ rows: { left: boolean }[] }>;
    end(): Promise<void>;
  };
}
interface PgClient {
  query(text: string): Promise<unknown>;
  release(): void;
}
/** Polling is what its queues do; the default of a second is for less hurried work. */
const QUEUE = { name: "bench", minPollingIntervalMs: 20 };
const APPLICATION = "bench";

type Workflow = (value: number) => Promise<number>;

export async function startWorker({ folder, server, tally }: WorkerContext): Promise<PeerWorker> {
  const { DBOS } = load<DbosModule>(folder, "@dbos-inc/dbos-sdk");
  DBOS.setConfig({ name: APPLICATION, systemDatabaseUrl: server, logLevel: "error" });
  const child = DBOS.registerWorkflow(async (value) => tally.run("step", value) + 1, { name: "child" });
  const workflows: Record<string, Workflow> = {
    trivial: async (value) => tally.run("trivial", value),
    "steps-runs": async (value) => {
      let sum = value;
      for (let index = 0; index < STEPS; index++) {
        const argument = sum;
        sum = await DBOS.runStep(async () => tally.run("step", argument) + 1, { name: "step" });
      }
      return sum;
    },
    "steps-calls": async (value) => {
      let sum = value;
      for (let index = 0; index < STEPS; index++) sum = await child(sum);
      return sum;
    },
    fanOut: async (value) => {
      const children = Array.from({ length: CHILDREN }, () => DBOS.startWorkflow(child)(value));
      const results = (await Promise.all(children)).map((handle) => handle.getResult());
      return (await Promise.all(results)).reduce((sum, one) => sum + one, 0);
    },
  };
  const registered = new Map(
    Object.entries(workflows).map(([name, run]) => [name, DBOS.registerWorkflow(run, { name })]),
  );
  await DBOS.launch();
  await DBOS.registerQueue(QUEUE.name, { minPollingIntervalMs: QUEUE.minPollingIntervalMs });
  const front = await serveCalls(async (name, value) =>
    (await DBOS.startWorkflow(registered.get(name)!)(value)).getResult(),
  );
  return {
    address: front.url,
    close: () => {
      front.close();
      return DBOS.shutdown();
    },
  };
}

export async function startClient({ folder, server, worker }: ClientContext): Promise<PeerClient> {
  const { DBOSClient } = load<DbosModule>(folder, "@dbos-inc/dbos-sdk");
  const pool = new (load<Pg>(folder, "pg").Pool)({ connectionString: server });
  const queue = await DBOSClient.create({ systemDatabaseUrl: server, applicationName: APPLICATION });
  const http = httpClient(worker as string, (name) => `/${name}`);
  return {
    ...http,
    /** One transaction for all of them. */
    async submit(_, values) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const to = { queueName: QUEUE.name, workflowName: "trivial" };
        for (const value of values) await queue.enqueueInTransaction(client, to, value);
        await client.query("COMMIT");
      } finally {
        client.release();
      }
    },
    async drained() {
      const query =
        "SELECT EXISTS (SELECT FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING')) AS left";
      while ((await pool.query(query)).rows[0]!.left) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    close: async () => {
      await http.close();
      await queue.destroy();
      await pool.end();
    },
  };
}
