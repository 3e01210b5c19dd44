/** The threads of a pool: starting, replacing, retiring them; the timer that watches over them. */
import type { Telemetry } from "../telemetry/events.ts";
import { Breaker } from "./breaker.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import type { FunctionInfo } from "./protocol.ts";
import type { EndReason, ThreadSnapshot } from "./snapshot.ts";
import { PoolThread, type ThreadEvents } from "./thread.ts";
import type { ThreadCode } from "./thread-code.ts";
import type { Death } from "./verdict.ts";

export interface ThreadSetEvents extends Pick<ThreadEvents, "answered" | "noticed"> {
  died(thread: PoolThread, death: Death, reason: EndReason): void;
  /** A thread became ready. */
  available(): void;
  /** Threads died so often that none is started for now, and the last is gone. */
  unavailable(): void;
}

export interface ThreadSetDependencies {
  readonly telemetry: Telemetry;
  readonly now: () => number;
  readonly code: ThreadCode;
}

export class ThreadSet {
  readonly #dependencies: ThreadSetDependencies;
  readonly #events: ThreadSetEvents;
  readonly #breaker = new Breaker();
  readonly deaths: Partial<Record<EndReason, number>> = {};
  #options: ResolvedPoolOptions;
  #threads: PoolThread[] = [];
  #timer: NodeJS.Timeout | undefined;
  #starts = 0;
  #isStarted = false;
  #closed = false;

  constructor(dependencies: ThreadSetDependencies, options: ResolvedPoolOptions, events: ThreadSetEvents) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#events = events;
  }

  /** Those that live, the starting and retiring among them. */
  get all(): readonly PoolThread[] {
    return this.#threads;
  }

  get capacity(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.capacity, 0);
  }

  get starts(): number {
    return this.#starts;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async start(): Promise<FunctionInfo[]> {
    const threads = this.#addThreads(this.#options.threadsMin);
    this.#timer = setInterval(() => this.#watch(), this.#options.heartbeatMs);
    this.#timer.unref();
    try {
      const catalogs = await Promise.all(threads.map((thread) => thread.started));
      this.#isStarted = true;
      return catalogs[0] ?? [];
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** One thread more, when there may be and none is on its way. */
  grow(): void {
    const starting = this.#threads.some((thread) => thread.state === "starting");
    if (this.#closed || !this.#isStarted || starting || this.#active().length >= this.#options.threadsMax)
      return;
    if (this.#startsAllowed(1) > 0) this.#addThreads(1);
  }

  answered(): void {
    this.#breaker.answered();
  }

  /** A retiring thread that has nothing left to do is ended. */
  settled(thread: PoolThread): void {
    if (thread.state === "retiring" && thread.seats.taken === 0) void thread.terminate();
  }

  /**
   * Threads are added, retired or, when their own settings changed, replaced by new ones once these are ready.
   *
   * @returns what the new threads loaded; undefined when there are none
   * @throws {ThreadStartError} when they cannot start; all is then as before
   */
  async reconfigure(options: ResolvedPoolOptions): Promise<FunctionInfo[] | undefined> {
    const replaced = settingsOfThreads(this.#options) === settingsOfThreads(options) ? [] : this.#active();
    const keep = this.#active().length - replaced.length;
    const wanted = Math.max(
      options.threadsMin - keep,
      Math.min(replaced.length, options.threadsMax - keep),
      0,
    );
    const added = this.#addThreads(wanted, options);
    let catalogs: FunctionInfo[][];
    try {
      catalogs = await Promise.all(added.map((thread) => thread.started));
    } catch (error) {
      for (const thread of added) this.#retire(thread);
      throw error;
    }
    this.#setOptions(options);
    const surplus = this.#active().length - replaced.length - options.threadsMax;
    const idlest = this.#active()
      .filter((thread) => !replaced.includes(thread))
      .sort((a, b) => a.seats.taken - b.seats.taken);
    for (const thread of [...replaced, ...idlest.slice(0, Math.max(0, surplus))]) this.#retire(thread);
    return catalogs[0];
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** No thread lives, and none may be started for now. */
  get unavailable(): boolean {
    return this.#threads.length === 0 && this.breakerOpenForMs() > 0;
  }

  breakerOpenForMs(): number {
    return this.#breaker.openForMs(this.#dependencies.now());
  }

  snapshot(): ThreadSnapshot[] {
    return this.#threads.map((thread) => ({
      id: thread.id,
      inFlight: thread.seats.taken,
      eventLoop: thread.eventLoopTime(),
      heapUsedBytes: thread.memoryBytes,
      heapLimitBytes: thread.memoryBytesMax,
      ready: thread.state === "ready",
    }));
  }

  #active(): PoolThread[] {
    return this.#threads.filter((thread) => thread.state === "starting" || thread.state === "ready");
  }

  #addThreads(count: number, options = this.#options): PoolThread[] {
    const added = Array.from({ length: count }, () => this.#newThread(options));
    this.#threads = [...this.#threads, ...added];
    return added;
  }

  #newThread(options: ResolvedPoolOptions): PoolThread {
    const events = { ...this.#events, died: (thread: PoolThread, death: Death) => this.#died(thread, death) };
    const thread = new PoolThread(this.#dependencies.code, options, events, this.#dependencies.now());
    this.#starts++;
    thread.started.then(
      () => {
        thread.idleSinceMs = this.#dependencies.now();
        this.#dependencies.telemetry.emit({ type: "pool-thread-started", threadId: thread.id });
        this.#events.available();
      },
      () => {},
    );
    return thread;
  }

  #retire(thread: PoolThread): void {
    if (thread.state === "ended") return;
    thread.state = "retiring";
    this.settled(thread);
  }

  #died(thread: PoolThread, death: Death): void {
    this.#threads = this.#threads.filter((one) => one !== thread);
    const reason: EndReason =
      thread.retired || this.#closed ? "retired" : thread.startFailed ? "start-failed" : death.reason;
    this.deaths[reason] = (this.deaths[reason] ?? 0) + 1;
    if (reason !== "retired") this.#breaker.died(this.#dependencies.now());
    this.#events.died(thread, death, reason);
    this.#replace();
  }

  #replace(): void {
    if (this.#closed || !this.#isStarted) return;
    const missing = this.#options.threadsMin - this.#active().length;
    if (missing > 0) this.#addThreads(this.#startsAllowed(missing));
    if (this.unavailable) this.#events.unavailable();
  }

  #startsAllowed(missing: number): number {
    return this.#breaker.startsAllowed(this.#dependencies.now(), missing, this.#active().length);
  }

  #setOptions(options: ResolvedPoolOptions): void {
    if (options.heartbeatMs !== this.#options.heartbeatMs) {
      clearInterval(this.#timer);
      this.#timer = setInterval(() => this.#watch(), options.heartbeatMs);
      this.#timer.unref();
    }
    this.#options = options;
  }

  /** The one timer of the pool: blocked threads, idle threads, missing threads. */
  #watch(): void {
    const nowMs = this.#dependencies.now();
    for (const thread of this.#threads) thread.checkHeartbeat(nowMs);
    const active = this.#active();
    const spare = active.length - this.#options.threadsMin;
    const idle = active.filter(
      (thread) =>
        thread.state === "ready" &&
        thread.seats.taken === 0 &&
        nowMs - thread.idleSinceMs > this.#options.idleTimeoutMs,
    );
    for (const thread of idle.slice(0, Math.max(0, spare))) this.#retire(thread);
    this.#replace();
  }
}

/** What a thread is given at its start: a change of it takes new threads. */
function settingsOfThreads(options: ResolvedPoolOptions): string {
  const { threadsMin, threadsMax, queueMax, idleTimeoutMs, batchRunsMax, batchBytesMax, ...ofThreads } =
    options;
  return JSON.stringify(ofThreads);
}
