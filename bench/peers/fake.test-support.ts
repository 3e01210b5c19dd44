/** A peer that is not one: functions behind HTTP. The query of its URL says what it does wrong. */
import { CHILDREN, STEPS } from "../subjects/counts.ts";
import type { ClientContext, PeerClient, PeerWorker, WorkerContext } from "./adapter.ts";
import { httpClient, serveCalls } from "./adapters/http.ts";
import type { Peer, PeerMode } from "./types.ts";

type Fault = "none" | "twice" | "wrong" | "broken";

export const fakePeer = (modes: readonly PeerMode[], fault: Fault = "none"): Peer => ({
  name: "fake",
  title: "Fake",
  packages: [],
  durability: "none",
  processes: "one",
  adapter: new URL(`fake.test-support.ts?${fault}`, import.meta.url),
  modes,
  absent: {},
});

const fault = new URL(import.meta.url).search.slice(1);

export async function startWorker({ tally }: WorkerContext): Promise<PeerWorker> {
  if (fault === "broken") process.exit(3);
  const step = (value: number) => tally.run("step", value) + 1;
  const server = await serveCalls(async (name, value) => {
    if (name === "steps") {
      let sum = value;
      for (let index = 0; index < STEPS; index++) sum = step(sum);
      return sum;
    }
    if (name === "fanOut") return Array.from({ length: CHILDREN }, () => step(value)).reduce((a, b) => a + b);
    tally.run("trivial", value);
    if (fault === "twice") tally.run("trivial", value);
    return fault === "wrong" ? value + 1 : value;
  });
  return { address: server.url, close: async () => server.close() };
}

export async function startClient({ worker }: ClientContext): Promise<PeerClient> {
  const client = httpClient(worker as string, (name) => `/${name}`);
  return {
    ...client,
    submit: async (name, values) => {
      await client.call!(name, values);
    },
    drained: async () => {},
  };
}
