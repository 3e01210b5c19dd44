/** A closed loop of calls against any peer: every value is used once, and every result is looked at. */
import { type Latency, latencyOf } from "../harness/stats.ts";
import { expectedResult, expectedUnits, kindOf, type PeerClient } from "./adapter.ts";
import type { PeerOrder } from "./types.ts";

export interface ClientBurst extends PeerOrder {
  seconds: number;
  /** Values are counted up from here, so that no two bursts have one in common. */
  firstValue: number;
}

export interface ClientReport {
  calls: number;
  /** Calls that failed or had another result than expected. */
  errors: number;
  seconds: number;
  /** From the submission of a batch to its last result; of `drain` until it is recorded. */
  latencyMs: Latency;
  generatorLoad: number;
  /** What the worker should have run for these calls. */
  units: { name: string; runs: number; sum: number };
}

export async function generateCalls(client: PeerClient, order: ClientBurst): Promise<ClientReport> {
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const untilMs = startedMs + order.seconds * (order.kind === "drain" ? 250 : 1000);
  const kind = kindOf(order.function);
  const units = { ...expectedUnits(kind, 0), runs: 0, sum: 0 };
  const latencies: number[] = [];
  let value = order.firstValue;
  let errors = 0;
  const loop = async () => {
    do {
      const values = Array.from({ length: order.batch }, () => value++);
      const sentMs = performance.now();
      try {
        if (order.kind === "drain") await client.submit!(order.function, values);
        else {
          const results = await client.call!(order.function, values);
          errors += values.filter((one, index) => results[index] !== expectedResult(kind, one)).length;
        }
      } catch (error) {
        errors += values.length;
        console.error(`${order.function}: ${error}`);
      }
      latencies.push(performance.now() - sentMs);
      for (const one of values) {
        const { runs, sum } = expectedUnits(kind, one);
        units.runs += runs;
        units.sum += sum;
      }
    } while (performance.now() < untilMs);
  };
  await Promise.all(Array.from({ length: order.inFlight }, loop));
  if (order.kind === "drain") await client.drained!(order.function);
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    calls: value - order.firstValue,
    errors,
    seconds,
    latencyMs: latencyOf(Float64Array.from(latencies)),
    generatorLoad: (user + system) / 1e6 / seconds,
    units,
  };
}
