/** Restate: handlers of a service, called through the server's HTTP ingress. */
import { CHILDREN, STEPS } from "../../subjects/counts.ts";
import type { ClientContext, PeerClient, PeerWorker, WorkerContext } from "../adapter.ts";
import { load } from "../modules.ts";
import { freePorts } from "../servers/process.ts";
import type { RestateAddress } from "../servers/restate.ts";
import { httpClient } from "./http.ts";

/** The part of `@restatedev/restate-sdk` that is used here. */
interface Restate {
  service(definition: { name: string; handlers: Record<string, Handler> }): unknown;
  serve(options: { services: unknown[]; port: number }): Promise<number>;
  RestatePromise: { all(promises: Promise<number>[]): Promise<number[]> };
}
interface Context {
  run<T>(name: string, action: () => T): Promise<T>;
  serviceClient(service: { name: string }): { step(value: number): Promise<number> };
}
type Handler = (context: Context, value: number) => Promise<number>;

const SERVICE = { name: "bench" };

export async function startWorker({ folder, server, tally }: WorkerContext): Promise<PeerWorker> {
  process.env.RESTATE_LOGGING = "ERROR";
  const restate = load<Restate>(folder, "@restatedev/restate-sdk");
  const handlers: Record<string, Handler> = {
    trivial: async (_, value) => tally.run("trivial", value),
    step: async (_, value) => tally.run("step", value) + 1,
    "steps-calls": async (context, value) => {
      let sum = value;
      for (let index = 0; index < STEPS; index++) sum = await context.serviceClient(SERVICE).step(sum);
      return sum;
    },
    "steps-runs": async (context, value) => {
      let sum = value;
      for (let index = 0; index < STEPS; index++) {
        const argument = sum;
        sum = await context.run("step", () => tally.run("step", argument) + 1);
      }
      return sum;
    },
    fanOut: async (context, value) => {
      const children = Array.from({ length: CHILDREN }, () => context.serviceClient(SERVICE).step(value));
      return (await restate.RestatePromise.all(children)).reduce((sum, one) => sum + one, 0);
    },
  };
  const [port] = await freePorts(1);
  await restate.serve({
    services: [restate.service({ ...SERVICE, handlers: renamed(handlers) })],
    port: port!,
  });
  await register((server as RestateAddress).admin, `http://127.0.0.1:${port}`);
  return { close: async () => {} };
}

export async function startClient({ server }: ClientContext): Promise<PeerClient> {
  const { ingress, admin } = server as RestateAddress;
  const client = httpClient(ingress, (name) => `/${SERVICE.name}/${handlerName(name)}`);
  const sender = httpClient(ingress, (name) => `/${SERVICE.name}/${handlerName(name)}/send`, [200, 202]);
  return {
    ...client,
    async submit(name, values) {
      await sender.call!(name, values);
    },
    async drained() {
      while ((await unfinished(admin)) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    close: async () => {
      await client.close();
      await sender.close();
    },
  };
}

/** Names of handlers have no hyphens. */
const handlerName = (name: string) => name.replace("-", "_");
const renamed = (handlers: Record<string, Handler>) =>
  Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [handlerName(name), handler]));

/** Tells the server where the handlers are; it may still be electing its leaders. */
async function register(admin: string, uri: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${admin}/deployments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ uri }),
    }).catch((error: Error) => error);
    if (!(response instanceof Error) && response.ok) return;
    if (attempt === 100) {
      const why = response instanceof Error ? response.message : await response.text();
      throw new Error(`restate-server takes no deployment: ${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function unfinished(admin: string): Promise<number> {
  const query = "SELECT count(*) AS count FROM sys_invocation_status WHERE status <> 'completed'";
  const response = await fetch(`${admin}/query`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query }),
  });
  if (!response.ok) throw new Error(`query answered ${response.status}: ${await response.text()}`);
  const { rows } = (await response.json()) as { rows: { count: number }[] };
  return rows[0]!.count;
}
