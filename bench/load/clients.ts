/** The clients' process: dispatches calls with the SDK over HTTP and takes their results, as the bench orders. */
import { performance } from "node:perf_hooks";
import { Call, Client, type ClientOptions } from "../../src/index.ts";
import { serveParent } from "../harness/child.ts";
import { type Latency, latencyOf } from "../harness/stats.ts";
import { allEnded } from "./all-ended.ts";

export interface ClientsOrder {
  url: string;
  function: string;
  /** The one argument of every call, and the one right result. */
  argument: number;
  expected: number;
  /**
   * `results`: each of `clients` clients dispatches `batch` calls in one request and waits for all their results,
   * again and again. `drain`: they dispatch for a quarter of the time, then the end of all is waited for. `record`: in
   * one turn each makes `batch` dispatches of one call that starts in an hour, again and again.
   */
  kind: "results" | "drain" | "record";
  clients: number;
  batch: number;
  seconds: number;
  client?: ClientOptions;
}

export interface ClientsReport {
  calls: number;
  /** Calls without an id of their own, with another result than expected, or that failed. */
  errors: number;
  seconds: number;
  /** From the dispatch of a batch to its last result; of `record` and `drain` to its ids. */
  latencyMs: Latency;
  generatorLoad: number;
}

serveParent({ ready: true }, async ({ order }: { order: ClientsOrder }): Promise<ClientsReport> => {
  await using client = new Client({
    apiUrl: order.url,
    waitsMax: Math.min(10_000, Math.max(128, order.clients * order.batch)),
    timeoutMs: 60_000,
    ...order.client,
  });
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const untilMs = startedMs + order.seconds * (order.kind === "drain" ? 250 : 1000);
  const latencies: number[] = [];
  const ids = new Set<string>();
  let made = 0;
  let wrong = 0;
  const loop = async () => {
    while (performance.now() < untilMs) {
      const sentMs = performance.now();
      made += order.batch;
      try {
        const got = await dispatch(client, order);
        for (const id of got) ids.add(id);
        if (order.kind === "results") wrong += await wrongResults(client, got, order.expected);
      } catch (error) {
        wrong += order.batch;
        console.error(String(error));
      }
      latencies.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: order.clients }, loop));
  if (order.kind === "drain") await allEnded(order.url);
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    calls: made,
    errors: wrong + (made - ids.size),
    seconds,
    latencyMs: latencyOf(Float64Array.from(latencies)),
    generatorLoad: (user + system) / 1e6 / seconds,
  };
});

async function dispatch(client: Client, order: ClientsOrder): Promise<string[]> {
  const { kind, batch, url: endpoint, function: name, argument } = order;
  const delayed = kind === "record" ? { delayMs: 3_600_000 } : {};
  const call = () => new Call({ function: name, args: [argument], endpoint, ...delayed });
  if (kind !== "record") return client.dispatch(Array.from({ length: batch }, call));
  return (await Promise.all(Array.from({ length: batch }, () => client.dispatch([call()])))).flat();
}

async function wrongResults(client: Client, ids: readonly string[], expected: number): Promise<number> {
  const results = await Promise.all(ids.map((id) => client.wait(id)));
  return results.filter((result) => result !== expected).length;
}
