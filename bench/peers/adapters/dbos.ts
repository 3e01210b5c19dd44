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
  };
}
type Workflow = (value: number) => Promise<number>;

export async function startWorker({ folder, server, tally }: WorkerContext): Promise<PeerWorker> {
  const { DBOS } = load<DbosModule>(folder, "@dbos-inc/dbos-sdk");
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: server, logLevel: "error" });
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

export async function startClient({ worker }: ClientContext): Promise<PeerClient> {
  return httpClient(worker as string, (name) => `/${name}`);
}
