/** What suspended calls cost while nothing happens to them, and what they make others cost. */
import type { Measurement } from "../harness/result.ts";
import type { Scenario } from "../harness/scenario.ts";
import { type Latency, medianLatency, spreadOf } from "../harness/stats.ts";
import type { SuspendedOrder, SuspendedReport } from "../subjects/suspended.ts";

const SUBJECT = new URL("../subjects/suspended.ts", import.meta.url);

export const suspendedMillion: Scenario = {
  name: "suspended-million",
  summary: "trivial calls, 64 in flight, beside 1,000, 100,000 and 1,000,000 suspended ones; memory of those",
  notMeasured: "HTTP, pool and coroutines: scheduler and store alone, clients in its process",
  onRequest: true,
  async run(context) {
    const counts = context.size === "smoke" ? [100, 1_000, 5_000] : [1_000, 100_000, 1_000_000];
    const [subject] = await context.shelf.take(SUBJECT, context.storeFolder, context.subjectCores);
    const ask = (order: SuspendedOrder) => subject.request<SuspendedReport>({ order });
    await ask({ seconds: context.warmupSeconds });
    const measurements: Measurement[] = [];
    let there = 0;
    let grownBytes = 0;
    for (const count of counts) {
      context.progress(`${count} suspended`);
      const suspending = await ask({ suspend: count - there });
      there = count;
      grownBytes += suspending.rssGrowthBytes;
      const bursts: SuspendedReport[] = [];
      for (let repeat = 0; repeat < context.repeats; repeat++) {
        bursts.push(await ask({ seconds: context.seconds }));
      }
      measurements.push(summarise(count, suspending, grownBytes / count, bursts));
    }
    await context.shelf.giveBack(subject);
    return measurements;
  },
};

function summarise(
  count: number,
  suspending: SuspendedReport,
  bytesPerSuspended: number,
  bursts: SuspendedReport[],
): Measurement {
  const rates = bursts.map((one) => one.calls / one.seconds);
  const median = (pick: (one: SuspendedReport) => number) => spreadOf(bursts.map(pick)).median;
  const lost = Math.max(...bursts.map((one) => Math.abs(one.live - count)));
  return {
    scenario: "suspended-million",
    mode: `beside ${count.toLocaleString("en")} suspended`,
    unit: "calls/s",
    rate: spreadOf(rates),
    rates,
    latencyMs: medianLatency(bursts.map((one): Latency => one.latencyMs)),
    cpuMicrosPerUnit: median((one) => one.cpuMicros / one.calls),
    rssMiB: median((one) => one.rssMiB),
    errors: lost,
    checksum: `${bursts.at(-1)!.live} of ${count} calls suspended`,
    extra: {
      suspendedPerSecond: suspending.calls / suspending.seconds,
      memoryBytesPerSuspended: bytesPerSuspended,
    },
  };
}
