/**
 * A service for tests: the real scheduler and the real functions in one thread, without a port and without a disk,
 * under a clock that stands still while functions run and jumps to the next timer when nothing else is to do.
 */
import { Scheduler, type SchedulerOptions } from "../scheduler/index.ts";
import { type Faults, NO_FAULTS } from "../scheduler/simulation/faults.ts";
import { FaultyDelivery } from "../scheduler/simulation/faulty-delivery.ts";
import { FaultyStore } from "../scheduler/simulation/faulty-store.ts";
import { ProcessClock } from "../scheduler/simulation/process-clock.ts";
import { SeededRandom } from "../scheduler/simulation/random.ts";
import { settle, VirtualClock } from "../scheduler/simulation/virtual-clock.ts";
import type { CallSummary, DispatchCall } from "../scheduler/types.ts";
import { MemoryStore } from "../store/index.ts";
import { silentTelemetry } from "../telemetry/events.ts";
import { encodeInput, resultOf, type TestCallOptions } from "./calls.ts";
import { LocalFunctions, type RunRecord } from "./local-functions.ts";

export interface TestServiceOptions {
  /** Files or file URLs of the modules that define functions. They are loaded once in a process. */
  readonly modules: readonly (string | URL)[];
  /** Seed of the faults and of the jitter of retries. Default: 1. */
  readonly seed?: number;
  /** What goes wrong, as probabilities; can be changed at any time. Default: nothing. */
  readonly faults?: Partial<Faults>;
  /** When the test begins, in milliseconds since 1970. Default: the first of January 2030. */
  readonly startMs?: number;
  /** Options of the scheduler, e.g. `retry`, `runTimeoutMs`, `retentionMs`. */
  readonly scheduler?: Omit<Partial<SchedulerOptions>, "store" | "delivery" | "clock" | "random">;
}

/** One life of the service between two crashes. */
interface Life {
  readonly scheduler: Scheduler;
  readonly died: Promise<void>;
}

const NEVER_DIED = Symbol("never died");

export class TestService {
  readonly clock: VirtualClock;
  #faults: Faults;
  readonly #options: TestServiceOptions;
  readonly #random: SeededRandom;
  readonly #memory = new MemoryStore({ tag: "testin" });
  readonly #functions: LocalFunctions;
  readonly #network: FaultyDelivery;
  #life: Life | undefined;
  #kill = () => {};
  #crashAfter = Number.POSITIVE_INFINITY;
  #dispatched = 0;

  /** Loads the modules and starts. Throws what a module throws. */
  static async start(options: TestServiceOptions): Promise<TestService> {
    const service = new TestService(options, await LocalFunctions.load(options.modules));
    await service.#start();
    return service;
  }

  private constructor(options: TestServiceOptions, functions: LocalFunctions) {
    this.#options = options;
    this.#functions = functions;
    this.clock = new VirtualClock(options.startMs);
    functions.useClock(this.clock);
    this.#random = new SeededRandom(options.seed ?? 1);
    this.#faults = { ...NO_FAULTS, ...options.faults };
    this.#network = new FaultyDelivery({
      inner: functions,
      clock: this.clock,
      random: this.#random,
      faults: () => this.#faults,
      runTimeoutMs: options.scheduler?.runTimeoutMs ?? 600_000,
    });
  }

  /** What ran so far, in the order it ended: the function, the attempt, and the status it answered with. */
  get runs(): readonly RunRecord[] {
    return this.#functions.runs;
  }

  /** The scheduler of this life, for whatever this class does not offer. */
  get scheduler(): Scheduler {
    return this.#life!.scheduler;
  }

  /** From now on, this goes wrong. */
  setFaults(faults: Partial<Faults>): void {
    this.#faults = { ...NO_FAULTS, ...faults };
  }

  /** Calls a function and gives its result, jumping over every wait. Throws the error it failed with. */
  async call(name: string, args: readonly unknown[] = [], options: TestCallOptions = {}): Promise<unknown> {
    return await this.result(await this.dispatch(name, args, options));
  }

  /** Records a call and gives its id. */
  async dispatch(
    name: string,
    args: readonly unknown[] = [],
    options: TestCallOptions = {},
  ): Promise<string> {
    const call: DispatchCall = {
      endpoint: "bridge://testing",
      function: name,
      input: encodeInput(args),
      // A crash may come between the commit and the answer: asking again must not make a second call.
      idempotencyKey: `test-${++this.#dispatched}`,
      ...options,
    };
    const [id] = await this.#ask((scheduler) => scheduler.dispatch([call]));
    return id!;
  }

  /** The call's result, jumping from timer to timer until it is there. Throws the error it failed with. */
  async result(id: string): Promise<unknown> {
    return resultOf(await this.#ask((scheduler) => scheduler.wait(id)));
  }

  async get(id: string): Promise<CallSummary> {
    return await this.#ask((scheduler) => scheduler.get(id));
  }

  async cancel(id: string): Promise<CallSummary> {
    return await this.#ask((scheduler) => scheduler.cancel(id));
  }

  /** Lets so much time pass, whether functions run or not. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.#restartWhenDead();
  }

  /** As `kill -9` and a new start: what was not committed is lost, and what ran runs again. */
  async crash(): Promise<void> {
    this.#kill();
    await this.#restartWhenDead();
  }

  /**
   * Crashes when so many more commits are durable, before anybody is told: with 1, 2, 3… a test goes through every
   * step of a function.
   */
  crashAfterCommits(count: number): void {
    this.#crashAfter = count;
  }

  async stop(): Promise<void> {
    await this.#until(this.scheduler.close());
  }

  async #start(): Promise<void> {
    const clock = new ProcessClock(this.clock);
    const died = Promise.withResolvers<void>();
    const store = new FaultyStore({
      inner: this.#memory,
      clock: this.clock,
      random: this.#random,
      faults: () => this.#faults,
      slow: false,
      committed: () => {
        if (--this.#crashAfter <= 0) this.#kill();
      },
    });
    this.#kill = () => {
      this.#crashAfter = Number.POSITIVE_INFINITY;
      clock.kill();
      store.kill();
      this.#network.crash();
      this.#life = undefined;
      died.resolve();
    };
    const scheduler = await this.#until(
      Scheduler.open({
        telemetry: silentTelemetry,
        retryOf: (name) => this.#functions.optionsOf(name).retry,
        expirationMsOf: (name) => this.#functions.optionsOf(name).expirationMs,
        priorityOf: (name) => this.#functions.optionsOf(name).priority,
        isOwn: () => true,
        concurrencyMaxOf: (name) => this.#functions.optionsOf(name).concurrencyMax,
        ...this.#options.scheduler,
        store,
        delivery: this.#network,
        clock,
        random: () => this.#random.next(),
      }),
    );
    this.#life = { scheduler, died: died.promise };
  }

  async #restartWhenDead(): Promise<void> {
    if (this.#life === undefined) await this.#start();
  }

  /** Asks again after a crash, until there is an answer. */
  async #ask<T>(question: (scheduler: Scheduler) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#restartWhenDead();
      const { scheduler, died } = this.#life!;
      const answer = await this.#until(Promise.race([question(scheduler), died.then(() => NEVER_DIED)]));
      if (answer !== NEVER_DIED) return answer as T;
    }
  }

  /** Time stands still while functions run, and moves when nothing else does. */
  async #until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    const settling = promise.then(done, done);
    for (;;) {
      await settle();
      if (settled) return await promise;
      if (this.#functions.isBusy) await Promise.race([this.#functions.nextEnd(), settling]);
      else if (!(await this.clock.step())) {
        await settle();
        if (!settled) throw new Error("nothing is left to happen, and the call has not ended");
      }
    }
  }
}
