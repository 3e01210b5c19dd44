/** Drives clients of the SDK against the whole service, and checks that every call ended once with its result. */
import type { ClientsOrder, ClientsReport } from "../load/clients.ts";
import type { ServiceCounters } from "../subjects/service.ts";
import type { SubjectReady } from "./measure.ts";
import type { BenchProcess } from "./processes.ts";
import type { Measurement } from "./result.ts";
import type { ScenarioContext } from "./scenario.ts";
import { medianLatency, spreadOf } from "./stats.ts";

const SERVICE = new URL("../subjects/service.ts", import.meta.url);
const CLIENTS = new URL("../load/clients.ts", import.meta.url);

export interface CallMode extends Omit<ClientsOrder, "url" | "seconds"> {
  name: string;
  /** What the rate counts; a call is `unitsPerCall` of them. */
  unit: string;
  unitsPerCall: number;
  /** The function that each call calls `unitsPerCall` times; none: the call itself is the unit. */
  child?: string;
  /** Options of the service, other than its own; modes that share them share a service. */
  service?: Record<string, unknown>;
}

interface Burst {
  report: ClientsReport;
  units: number;
  /** Ends too few, too many, or not as they should be. */
  errors: number;
  ends: number;
  cpuMicros: number;
  rssMiB: number;
  commits: number;
  changes: number;
  diskBytes: number;
  /** Processor time of each kind of thread. */
  threadMicros: Record<string, number>;
  eventLoopP99Ms: number;
}

/** Modes use one service, where they do not ask for another, one after the other in each repeat, so that drift of the machine hits all alike. */
export async function measureCalls(
  scenario: string,
  allModes: readonly CallMode[],
  context: ScenarioContext,
): Promise<Measurement[]> {
  const modes = allModes.filter(({ name }) => name.includes(context.mode));
  const services = new Map<string, { service: BenchProcess; url: string }>();
  for (const mode of modes) {
    const key = serviceOf(mode);
    if (services.has(key)) continue;
    const options = { ...context.storeFolder, ...mode.service };
    const [service, { url }] = await context.shelf.take<SubjectReady>(SERVICE, options, context.subjectCores);
    services.set(key, { service, url });
  }
  const [clients] = await context.shelf.take(CLIENTS, {}, context.generatorCores);
  const bursts = new Map<CallMode, Burst[]>(modes.map((mode) => [mode, []]));
  for (let repeat = 0; repeat < context.repeats; repeat++) {
    for (const mode of modes) {
      context.progress(`${mode.name}, repeat ${repeat + 1} of ${context.repeats}`);
      const { service, url } = services.get(serviceOf(mode))!;
      if (repeat === 0) await burst(service, clients, mode, url, context.warmupSeconds);
      bursts.get(mode)!.push(await burst(service, clients, mode, url, context.seconds));
    }
  }
  for (const { service } of services.values()) await context.shelf.giveBack(service);
  await context.shelf.giveBack(clients);
  return modes.map((mode) => summarise(scenario, mode, bursts.get(mode)!));
}

const serviceOf = ({ service = {} }: CallMode) => JSON.stringify(service);

async function burst(
  service: BenchProcess,
  clients: BenchProcess,
  mode: CallMode,
  url: string,
  seconds: number,
): Promise<Burst> {
  const before = await service.request<ServiceCounters>({ type: "counters" });
  const usageBefore = await service.usage();
  const order: ClientsOrder = { ...mode, url, seconds };
  const report = await clients.request<ClientsReport>({ order });
  const usage = await service.usage();
  const after = await service.request<ServiceCounters>({ type: "counters" });
  const { ends, errors } = checkEnds(mode, report, before, after);
  return {
    report,
    units: report.calls * mode.unitsPerCall,
    errors,
    ends,
    cpuMicros: usage.cpuMicros - usageBefore.cpuMicros,
    rssMiB: usage.rssMiB,
    commits: after.commits - before.commits,
    changes: after.changes - before.changes,
    diskBytes: after.diskBytes - before.diskBytes,
    threadMicros: Object.fromEntries(
      Object.entries(after.threadMicros).map(([name, micros]) => [
        name,
        micros - (before.threadMicros[name] ?? 0),
      ]),
    ),
    eventLoopP99Ms: after.eventLoopP99Ms,
  };
}

/** Each call, and each call that it makes, succeeds exactly once; calls that are only recorded stay. */
function checkEnds(mode: CallMode, report: ClientsReport, before: ServiceCounters, after: ServiceCounters) {
  const { calls } = report;
  const ended = (name: string) => (after.succeeded[name] ?? 0) - (before.succeeded[name] ?? 0);
  const recorded = mode.kind === "record";
  const ends = ended(mode.function) + (mode.child === undefined ? 0 : ended(mode.child));
  const expected = recorded ? 0 : calls + (mode.child === undefined ? 0 : calls * mode.unitsPerCall);
  const stayed = after.live - before.live - (recorded ? calls : 0);
  const failed = after.failed - before.failed;
  return { ends, errors: report.errors + Math.abs(ends - expected) + Math.abs(stayed) + failed };
}

function summarise(scenario: string, mode: CallMode, bursts: Burst[]): Measurement {
  const rates = bursts.map((one) => one.units / one.report.seconds);
  const median = (pick: (one: Burst) => number) => spreadOf(bursts.map(pick)).median;
  const sum = (pick: (one: Burst) => number) => bursts.reduce((total, one) => total + pick(one), 0);
  const diskBytes = median((one) => one.diskBytes / one.units);
  return {
    scenario,
    mode: mode.name,
    unit: mode.unit,
    rate: spreadOf(rates),
    rates,
    latencyMs: medianLatency(bursts.map((one) => one.report.latencyMs)),
    cpuMicrosPerUnit: median((one) => one.cpuMicros / one.units),
    generatorLoad: median((one) => one.report.generatorLoad),
    rssMiB: median((one) => one.rssMiB),
    errors: sum((one) => one.errors),
    checksum: `${sum((one) => one.report.calls)} calls dispatched, ${sum((one) => one.ends)} ends`,
    extra: {
      fsyncsPerUnit: median((one) => one.commits / one.units),
      changesPerFsync: median((one) => (one.commits === 0 ? 0 : one.changes / one.commits)),
      ...(Number.isNaN(diskBytes) ? {} : { diskBytesPerUnit: diskBytes }),
      ...threadFigures((name) => median((one) => (one.threadMicros[name] ?? 0) / one.units), bursts[0]!),
      eventLoopP99Ms: median((one) => one.eventLoopP99Ms),
    },
  };
}

/** Processor time for a unit by thread: `MainThread` is the front; threads that took next to nothing are left out. */
function threadFigures(
  microsOf: (thread: string) => number,
  { threadMicros }: Burst,
): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const name of Object.keys(threadMicros).sort()) {
    const micros = microsOf(name);
    if (micros >= 0.1) figures[`${name}Micros`] = micros;
  }
  return figures;
}
