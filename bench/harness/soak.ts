/** One long burst at a constant rate, as figures over time. */
import type { LoadReport } from "../load/types.ts";
import {
  generate,
  type Mode,
  type RouteLoad,
  type SubjectCounters,
  startGenerator,
  startSubject,
  summarise,
} from "./measure.ts";
import type { Measurement, Series } from "./result.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Points of the series; a window is never shorter than half a second. */
const POINTS = 120;

export async function measureSoak(
  scenario: string,
  mode: Mode,
  load: RouteLoad & { ratePerSecond: number },
  context: ScenarioContext,
): Promise<Measurement> {
  const { process, url } = await startSubject(mode, context);
  const [generator] = await startGenerator(context);
  await generate(generator, url, load, context, context.warmupSeconds);
  const windowSeconds = Math.max(0.5, context.seconds / POINTS);
  const before = await process.request<SubjectCounters>({ type: "counters" });
  const usageBefore = await process.usage();

  const rssMiB: number[] = [];
  let over = false;
  const report = generate(generator, url, { ...load, windowSeconds }, context, context.seconds).finally(
    () => {
      over = true;
    },
  );
  const sampled = (async () => {
    while (!over) {
      await Promise.race([report, pause(windowSeconds * 1000)]);
      rssMiB.push((await process.usage()).rssMiB);
    }
  })();
  const [done] = await Promise.all([report, sampled]);

  const usage = await process.usage();
  const after = await process.request<SubjectCounters>({ type: "counters" });
  await Promise.all([context.shelf.giveBack(process), context.shelf.giveBack(generator)]);
  const burst = {
    report: done,
    cpuMicros: (usage.cpuMicros - usageBefore.cpuMicros) / Math.max(1, done.answers),
    rssMiB: usage.rssMiB,
    runs: after.runs - before.runs,
    eventLoopP99Ms: after.eventLoopP99Ms,
  };
  const name = `at ${load.ratePerSecond}/s for ${context.seconds} s`;
  const measurement = summarise(scenario, name, [burst], undefined);
  const series = seriesOf(done, rssMiB);
  return { ...measurement, series, extra: { ...measurement.extra, ...growthOf(series) } };
}

function seriesOf({ windows = [] }: LoadReport, rssMiB: readonly number[]): Series {
  const points = windows.slice(0, rssMiB.length);
  return {
    seconds: points.map((one) => one.atSeconds),
    rate: points.map((one) => one.rate),
    p99Ms: points.map((one) => one.p99Ms),
    rssMiB: rssMiB.slice(0, points.length),
  };
}

/** The last quarter against the second one: the first is still warming up. 0 is flat, 1 is doubled. */
function growthOf({ rssMiB, p99Ms }: Series): Record<string, number> {
  const quarter = Math.floor(rssMiB.length / 4);
  if (quarter === 0) return {};
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const growth = (values: number[]) =>
    mean(values.slice(-quarter)) / mean(values.slice(quarter, 2 * quarter)) - 1;
  return { rssGrowth: growth(rssMiB), p99Growth: growth(p99Ms) };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
