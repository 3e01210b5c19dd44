/**
 * A simulated life of the scheduler: the real state machine, scheduler and store contract under a virtual clock,
 * with random work and random faults, all drawn from one seed.
 */
import { MemoryStore, StoreError } from "../../store/index.ts";
import { silentTelemetry, type Telemetry } from "../../telemetry/events.ts";
import type { Scheduler } from "../scheduler.ts";
import { SchedulerSupervisor } from "../supervisor.ts";
import { Clients } from "./clients.ts";
import { type Faults, type Mutation, NO_FAULTS, randomFaults } from "./faults.ts";
import { FaultyDelivery } from "./faulty-delivery.ts";
import { FaultyStore } from "./faulty-store.ts";
import { Invariants } from "./invariants.ts";
import { MemoryRunJournal } from "./memory-journal.ts";
import { ProcessClock } from "./process-clock.ts";
import { SeededRandom } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { World } from "./world.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly mutation?: Mutation;
  readonly faults?: Faults;
  readonly telemetry?: Telemetry;
}

export interface SimulationReport {
  readonly seed: number;
  readonly roots: number;
  readonly runs: number;
  readonly commits: number;
  readonly crashes: number;
  /** Stores lost, and opened again by the same process. */
  readonly losses: number;
  readonly virtualMs: number;
}

export class SimulationError extends Error {
  override readonly name = "SimulationError";
}

const RUN_TIMEOUT_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Throws SimulationError, with the seed and everything that was wrong. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const life = new Life(options);
  await life.run();
  return life.report();
}

/** One process after the other on the same store. */
class Life {
  readonly #options: SimulationOptions;
  readonly #random: SeededRandom;
  readonly #clock = new VirtualClock();
  readonly #memory = new MemoryStore({ tag: "simula", idBlock: 64 });
  #journal = new MemoryRunJournal();
  readonly #invariants: Invariants;
  readonly #world: World;
  readonly #network: FaultyDelivery;
  readonly #clients: Clients;
  #faults: Faults;
  #supervisor: SchedulerSupervisor | undefined;
  #kill = () => {};
  #crashes = 0;
  #losses = 0;
  #startedMs = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#faults = options.faults ?? randomFaults(this.#random);
    this.#invariants = new Invariants(this.#memory.data);
    this.#world = new World(this.#clock, this.#random, this.#invariants);
    this.#network = new FaultyDelivery({
      inner: this.#world,
      clock: this.#clock,
      random: this.#random,
      faults: () => this.#faults,
      runTimeoutMs: RUN_TIMEOUT_MS,
    });
    this.#clients = new Clients(this.#clock, this.#random, this.#invariants);
  }

  async run(): Promise<void> {
    this.#startedMs = this.#clock.now();
    await this.#start();
    this.#scheduleCrash();
    const roots = this.#random.integer(3, 25);
    this.#clients.start(roots);
    await this.#until(() => this.#clients.isDone, 30 * 24 * HOUR_MS, "every call ends");
    this.#faults = NO_FAULTS;
    await this.#until(() => this.#memory.data.live.size === 0, 30 * 24 * HOUR_MS, "no call is left");
    await this.#clock.advance(10 * RUN_TIMEOUT_MS);
    this.#invariants.checkQuiet(this.#supervisor!.current.stats());
    this.#clients.checkResults();
    await this.#clock.advance(26 * HOUR_MS);
    this.#invariants.checkEmpty();
    this.#throwIfViolated();
    await this.#closed(this.#supervisor!.close());
  }

  report(): SimulationReport {
    return {
      seed: this.#options.seed,
      roots: this.#clients.count,
      runs: this.#world.runs,
      commits: this.#invariants.commits,
      crashes: this.#crashes,
      losses: this.#losses,
      virtualMs: this.#clock.now() - this.#startedMs,
    };
  }

  async #start(): Promise<void> {
    const clock = new ProcessClock(this.#clock);
    const store = new FaultyStore({
      inner: this.#memory,
      clock: this.#clock,
      random: this.#random,
      faults: () => this.#faults,
      slow: true,
      mutation: this.#options.mutation,
      committed: (changes) => this.#invariants.committed(changes),
    });
    this.#kill = () => {
      clock.kill();
      store.kill();
    };
    const connect = (scheduler: Scheduler) => {
      this.#toldOfLoss = false;
      this.#clients.disconnect();
      this.#clients.connect(scheduler);
    };
    this.#journal = new MemoryRunJournal(this.#journal);
    this.#supervisor = await this.#opened(() =>
      SchedulerSupervisor.open({
        onLost: () => {
          this.#losses += 1;
          this.#toldOfLoss = true;
        },
        onReopened: connect,
        checkIntervalMs: this.#random.pick([60_000, HOUR_MS]),
        store,
        delivery: this.#network,
        clock,
        isOwn: () => true,
        journal: this.#journal,
        processDeathsMax: this.#random.pick([2, 3, 1_000_000]),
        random: () => this.#random.next(),
        telemetry: this.#options.telemetry ?? this.#invariants.telemetry ?? silentTelemetry,
        runTimeoutMs: RUN_TIMEOUT_MS,
        payloadBytesMax: this.#random.pick([0, 2_000, 1_000_000]),
        awakeCallsMax: this.#random.pick([0, 2, 20_000]),
        recentBytesMax: this.#random.pick([0, 100_000]),
        retentionMs: 24 * HOUR_MS,
        retentionIntervalMs: HOUR_MS,
        retry: { firstDelayMs: 100, delayMsMax: 60_000, attemptsMax: 1_000_000 },
        restartsMax: 1_000_000,
      }),
    );
    this.#toldOfLoss = false;
    this.#clients.connect(this.#supervisor.current);
  }

  /** As a process that is started again until its store can be opened. */
  async #opened(open: () => Promise<SchedulerSupervisor>): Promise<SchedulerSupervisor> {
    for (;;) {
      let supervisor: SchedulerSupervisor | undefined;
      let failure: unknown;
      open().then(
        (opened) => {
          supervisor = opened;
        },
        (error: unknown) => {
          failure = error;
        },
      );
      while (supervisor === undefined && failure === undefined) await this.#clock.step();
      if (supervisor !== undefined) return supervisor;
      if (!(failure instanceof StoreError && failure.code === "read_only")) throw failure;
      await this.#clock.advance(1000);
    }
  }

  async #closed(closing: Promise<void>): Promise<void> {
    let closed = false;
    void closing.then(() => {
      closed = true;
    });
    while (!closed) if (!(await this.#clock.step())) return;
  }

  #scheduleCrash(): void {
    const { crashEveryMs } = this.#faults;
    if (crashEveryMs === 0) return;
    this.#clock.setTimer(this.#clock.now() + this.#random.integer(0, crashEveryMs * 2), () => {
      if (this.#faults === NO_FAULTS || this.#crashes >= CRASHES_MAX) return;
      this.#crashes += 1;
      this.#kill();
      this.#network.crash();
      this.#clients.disconnect();
      this.#restart = true;
    });
  }

  #restart = false;
  /** Whether the scheduler has told that its store is lost. */
  #toldOfLoss = false;
  #untoldSinceMs: number | undefined;

  /** A scheduler that has found its store unusable tells, so that another one can take its place. */
  #checkTold(): void {
    const isLost = this.#supervisor?.current.unready()?.startsWith("the store was lost") ?? false;
    const isUntold = isLost && !this.#toldOfLoss && !this.#restart;
    const nowMs = this.#clock.now();
    this.#untoldSinceMs = isUntold ? (this.#untoldSinceMs ?? nowMs) : undefined;
    if (this.#untoldSinceMs === undefined || nowMs - this.#untoldSinceMs < UNTOLD_MS_MAX) return;
    this.#invariants.violation("a scheduler that has lost its store does not tell");
  }

  async #until(condition: () => boolean, withinMs: number, what: string): Promise<void> {
    const deadlineMs = this.#clock.now() + withinMs;
    for (let steps = 0; !condition(); steps++) {
      this.#throwIfViolated();
      if (this.#restart) {
        this.#restart = false;
        await this.#start();
        this.#scheduleCrash();
      }
      const moved = await this.#clock.step(deadlineMs);
      this.#checkTold();
      if (!moved || steps > STEPS_MAX) {
        this.#invariants.violation(
          `${what}: not so after ${steps} steps; ${this.#invariants.describeLive()}`,
        );
        this.#throwIfViolated();
      }
    }
  }

  #throwIfViolated(): void {
    const { violations } = this.#invariants;
    if (violations.length === 0) return;
    const { seed, mutation } = this.#options;
    throw new SimulationError(
      `seed ${seed}${mutation ? ` with ${mutation}` : ""}:\n  ${violations.slice(0, 10).join("\n  ")}`,
    );
  }
}

const CRASHES_MAX = 20;
/** A commit under way, or about to be tried again, ends first. */
const UNTOLD_MS_MAX = 30_000;
const STEPS_MAX = 200_000;
