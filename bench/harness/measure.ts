/** Drives load against subjects, mode after mode in each repeat, so that drift of the machine hits all alike. */
import type { LoadOrder, LoadReport } from "../load/types.ts";
import type { BenchProcess } from "./processes.ts";
import type { Measurement } from "./result.ts";
import type { ScenarioContext } from "./scenario.ts";
import { type Latency, medianLatency, spreadOf } from "./stats.ts";

/** What a subject says when it is ready. */
export interface SubjectReady {
  url: string;
}

export interface Mode {
  name: string;
  /** Module of the process under test, and the argument it gets. */
  subject: URL;
  argument: unknown;
}

export interface RouteLoad {
  path: string;
  method?: "GET" | "POST";
  headers: Record<string, string>;
  body: Uint8Array;
  connections?: number;
  ratePerSecond?: number;
  /** Open loop only: figures for each window of this length besides those of the whole. */
  windowSeconds?: number;
}

/** Counters of the work that a subject did, asked before and after each burst. */
export interface SubjectCounters {
  /** Runs that ended with OK. */
  runs: number;
  /** Event-loop delay of the front since the last question, p99 in milliseconds. */
  eventLoopP99Ms: number;
}

interface Burst {
  report: LoadReport;
  side?: LoadReport;
  cpuMicros: number;
  rssMiB: number;
  runs: number;
  eventLoopP99Ms: number;
}

/** Measures every mode under the same load; `side` is a second, gentler load on the same server, reported apart. A load
 * that depends on what the server answers is a function of its URL. */
export async function measureModes(
  scenario: string,
  modes: readonly Mode[],
  load: RouteLoad | ((url: string) => Promise<RouteLoad>),
  context: ScenarioContext,
  side?: RouteLoad & { name: string },
): Promise<Measurement[]> {
  const [generator] = await startGenerator(context);
  const [sideGenerator] = side === undefined ? [undefined] : await startGenerator(context);
  const subjects = await Promise.all(modes.map((mode) => startSubject(mode, context)));
  for (let repeat = 0; repeat < context.repeats; repeat++) {
    for (const subject of subjects) {
      context.progress(`${subject.mode.name}, repeat ${repeat + 1} of ${context.repeats}`);
      const route = typeof load === "function" ? await load(subject.url) : load;
      if (repeat === 0) await generate(generator, subject.url, route, context, context.warmupSeconds);
      subject.bursts.push(await burst(subject, generator, route, context, sideGenerator, side));
    }
  }
  const { shelf } = context;
  await Promise.all(
    [generator, sideGenerator, ...subjects.map((one) => one.process)].map((one) => shelf.giveBack(one)),
  );
  return subjects.map(({ mode, bursts }) => summarise(scenario, mode.name, bursts, side?.name));
}

export function startGenerator(context: ScenarioContext): Promise<[BenchProcess, unknown]> {
  return context.shelf.take(new URL("../load/generator.ts", import.meta.url), {}, context.generatorCores);
}

export async function startSubject(mode: Mode, context: ScenarioContext) {
  const [process, { url }] = await context.shelf.take<SubjectReady>(
    mode.subject,
    mode.argument,
    context.subjectCores,
  );
  return { mode, process, url, bursts: [] as Burst[] };
}

async function burst(
  subject: { process: BenchProcess; url: string },
  generator: BenchProcess,
  load: RouteLoad,
  context: ScenarioContext,
  sideGenerator: BenchProcess | undefined,
  side: RouteLoad | undefined,
): Promise<Burst> {
  const countersBefore = await subject.process.request<SubjectCounters>({ type: "counters" });
  const before = await subject.process.usage();
  const [report, sideReport] = await Promise.all([
    generate(generator, subject.url, load, context, context.seconds),
    side === undefined ? undefined : generate(sideGenerator!, subject.url, side, context, context.seconds),
  ]);
  const after = await subject.process.usage();
  const counters = await subject.process.request<SubjectCounters>({ type: "counters" });
  return {
    report,
    ...(sideReport === undefined ? {} : { side: sideReport }),
    cpuMicros: (after.cpuMicros - before.cpuMicros) / Math.max(1, report.answers),
    rssMiB: after.rssMiB,
    runs: counters.runs - countersBefore.runs,
    eventLoopP99Ms: counters.eventLoopP99Ms,
  };
}

export function generate(
  generator: BenchProcess,
  url: string,
  load: RouteLoad,
  context: ScenarioContext,
  seconds: number,
): Promise<LoadReport> {
  const order: LoadOrder = {
    url: url + load.path,
    ...(load.method === undefined ? {} : { method: load.method }),
    headers: load.headers,
    body: load.body,
    connections: load.connections ?? context.connections,
    seconds,
    ...(load.ratePerSecond === undefined ? {} : { ratePerSecond: load.ratePerSecond }),
    ...(load.windowSeconds === undefined ? {} : { windowSeconds: load.windowSeconds }),
  };
  return generator.request<LoadReport>({ order });
}

export function summarise(
  scenario: string,
  mode: string,
  bursts: Burst[],
  sideName: string | undefined,
): Measurement {
  const rates = bursts.map((one) => one.report.answers / one.report.seconds);
  const median = (pick: (one: Burst) => number) => spreadOf(bursts.map(pick)).median;
  const sum = (pick: (one: Burst) => number) => bursts.reduce((total, one) => total + pick(one), 0);
  const runs = sum((one) => one.runs);
  const answers = sum((one) => one.report.answers);
  const sides = bursts.flatMap((one) => (one.side === undefined ? [] : [one.side.latencyMs]));
  return {
    scenario,
    mode,
    unit: "calls/s",
    rate: spreadOf(rates),
    rates,
    latencyMs: medianLatency(bursts.map((one): Latency => one.report.latencyMs)),
    cpuMicrosPerUnit: median((one) => one.cpuMicros),
    generatorLoad: median((one) => one.report.generatorLoad),
    rssMiB: median((one) => one.rssMiB),
    errors: sum((one) => one.report.errors + (one.side?.errors ?? 0)) + missing(runs, answers, bursts.length),
    checksum: `${runs} runs for ${answers} answers`,
    extra: {
      eventLoopP99Ms: median((one) => one.eventLoopP99Ms),
      ...(sides.length === 0 ? {} : { [`${sideName}P99Ms`]: medianLatency(sides).p99 }),
    },
  };
}

/** The server may have run the last requests of a burst without the generator taking the answer, never fewer. */
function missing(runs: number, answers: number, bursts: number): number {
  return runs >= answers && runs - answers <= bursts * 2048 ? 0 : Math.abs(answers - runs);
}
