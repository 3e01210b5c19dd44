/** Starts a peer and the client, runs its modes in turns, and holds what the client asked for against what was run. */
import type { BenchProcess, Pinning, Usage } from "../harness/processes.ts";
import { ProcessShelf } from "../harness/shelf.ts";
import { medianLatency, spreadOf } from "../harness/stats.ts";
import type { ClientArgument } from "./client.ts";
import type { ClientBurst, ClientReport } from "./generate-calls.ts";
import type { PeerMeasurement } from "./result.ts";
import { checkTally, type TallyAnswer } from "./tally.ts";
import type { Peer, PeerMode, Server } from "./types.ts";
import type { WorkerArgument } from "./worker.ts";

const WORKER = new URL("worker.ts", import.meta.url);
const CLIENT = new URL("client.ts", import.meta.url);
/** A burst ends late when the last calls are slow; after this much more time something hangs. */
const BURST_GRACE_MS = 60_000;

export interface PeerContext {
  folder: string;
  pinning: Pinning;
  seconds: number;
  warmupSeconds: number;
  repeats: number;
  progress(text: string): void;
}

interface Burst {
  report: ClientReport;
  runs: number;
  errors: number;
  cpuMicros: number;
}

/** @throws {Error} when the peer does not start, or a burst takes a minute longer than it should */
export async function measurePeer(peer: Peer, context: PeerContext): Promise<PeerMeasurement[]> {
  const { folder, pinning } = context;
  const cores = pinning.enabled ? pinning.subject : undefined;
  const shelf = new ProcessShelf(false);
  let server: Server | undefined;
  try {
    server = await peer.server?.start({ folder, cores });
    const argument: WorkerArgument = { adapter: peer.adapter.href, folder, server: server?.address };
    const [worker, ready] = await shelf.take<{ address?: unknown; url?: string }>(
      peer.worker?.module ?? WORKER,
      peer.worker?.argument ?? argument,
      cores,
    );
    const clientArgument: ClientArgument = { ...argument, worker: ready.address ?? ready.url };
    const generatorCores = pinning.enabled ? pinning.generator : undefined;
    const [client] = await shelf.take<unknown>(CLIENT, clientArgument, generatorCores);
    return await runModes(new Subject(peer, server, worker), client, context);
  } finally {
    await shelf.close();
    await server?.stop();
  }
}

async function runModes(subject: Subject, client: BenchProcess, context: PeerContext) {
  const { modes } = subject.peer;
  const bursts = new Map<PeerMode, Burst[]>(modes.map((mode) => [mode, []]));
  let firstValue = 1;
  const run = async (mode: PeerMode, seconds: number) => {
    const done = await burst(subject, client, mode, { seconds, firstValue });
    firstValue += done.report.calls;
    return done;
  };
  for (let repeat = 0; repeat < context.repeats; repeat++) {
    for (const mode of modes) {
      context.progress(`${mode.work}, ${mode.how}: repeat ${repeat + 1} of ${context.repeats}`);
      if (repeat === 0) await run(mode, context.warmupSeconds);
      bursts.get(mode)!.push(await run(mode, context.seconds));
    }
  }
  return modes.map((mode) => summarise(subject.peer, mode, bursts.get(mode)!));
}

async function burst(
  subject: Subject,
  client: BenchProcess,
  mode: PeerMode,
  part: Pick<ClientBurst, "seconds" | "firstValue">,
): Promise<Burst> {
  const { kind, inFlight, batch } = mode;
  const order: ClientBurst = { function: mode.function, kind, inFlight, batch, ...part };
  const tallyBefore = await subject.tally();
  const before = await subject.usage();
  const report = await withDeadline(
    client.request<ClientReport>({ burst: order }),
    part.seconds * 1000 + BURST_GRACE_MS,
    `${subject.peer.name}: ${mode.how}`,
  );
  const after = await subject.usage();
  const { runs, errors } = checkTally(tallyBefore, await subject.tally(), report.units);
  return {
    report,
    runs,
    errors: report.errors + errors,
    cpuMicros: after.cpuMicros - before.cpuMicros,
  };
}

/** All processes of a peer but the client. */
class Subject {
  readonly peer: Peer;
  readonly #server: Server | undefined;
  readonly #worker: BenchProcess;

  constructor(peer: Peer, server: Server | undefined, worker: BenchProcess) {
    this.peer = peer;
    this.#server = server;
    this.#worker = worker;
  }

  async tally(): Promise<TallyAnswer> {
    const answer = await this.#worker.request<unknown>({ type: "tally" });
    return this.peer.worker?.tally(answer) ?? (answer as TallyAnswer);
  }

  async usage(): Promise<Usage> {
    const worker = await this.#worker.usage();
    const server = await this.#server?.usage();
    return {
      cpuMicros: worker.cpuMicros + (server?.cpuMicros ?? 0),
      rssMiB: worker.rssMiB + (server?.rssMiB ?? 0),
    };
  }
}

function summarise(peer: Peer, mode: PeerMode, bursts: Burst[]): PeerMeasurement {
  const unitsPerCall = mode.unitsPerCall ?? 1;
  const rates = bursts.map(({ report }) => (report.calls * unitsPerCall) / report.seconds);
  const sum = (pick: (one: Burst) => number) => bursts.reduce((total, one) => total + pick(one), 0);
  const median = (pick: (one: Burst) => number) => spreadOf(bursts.map(pick)).median;
  const cpuMicros = median((one) => one.cpuMicros / (one.report.calls * unitsPerCall));
  return {
    peer: peer.name,
    work: mode.work,
    how: mode.how,
    scenario: `peers-${mode.work}`,
    mode: `${peer.name}, ${mode.how}`,
    unit: mode.work === "steps" ? "steps/s" : mode.work === "fan-out" ? "children/s" : "calls/s",
    rate: spreadOf(rates),
    rates,
    // Of `drain` it would be the time until calls are recorded.
    ...(mode.kind === "drain" ? {} : { latencyMs: medianLatency(bursts.map((one) => one.report.latencyMs)) }),
    ...(Number.isNaN(cpuMicros) ? {} : { cpuMicrosPerUnit: cpuMicros }),
    generatorLoad: median((one) => one.report.generatorLoad),
    errors: sum((one) => one.errors),
    checksum: `${sum((one) => one.report.calls)} right results or acknowledgements, ${sum((one) => one.runs)} runs`,
  };
}

async function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${Math.round(ms / 1000)} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
