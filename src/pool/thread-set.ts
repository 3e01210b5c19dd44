/** The threads of a pool: starting, replacing, retiring them; the timer that watches over them. */
import { Breaker } from "./breaker.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import type { PoolDependencies } from "./pool.ts";
import type { FunctionInfo } from "./protocol.ts";
import type { PoolSnapshot, ThreadSnapshot } from "./snapshot.ts";
import { PoolThread, type ThreadEvents } from "./thread.ts";
import type { Death } from "./verdict.ts";

export interface ThreadSetEvents extends ThreadEvents {
  /** A thread became ready. */
  available(): void;
}

export class ThreadSet {
  readonly #dependencies: Required<PoolDependencies>;
  readonly #events: ThreadSetEvents;
  readonly #breaker = new Breaker();
  readonly deaths: Partial<PoolSnapshot["threadDeaths"]> = {};
  #options: ResolvedPoolOptions;
  #threads: PoolThread[] = [];
  #heap = new Map<PoolThread, { usedBytes: number; limitBytes: number }>();
  #timer: NodeJS.Timeout | undefined;
  #starts = 0;
  #closed = false;

  constructor(
    dependencies: Required<PoolDependencies>,
    options: ResolvedPoolOptions,
    events: ThreadSetEvents,
  ) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#events = events;
  }

  /** Those that live, the starting and retiring among them. */
  get all(): readonly PoolThread[] {
    return this.#threads;
  }

  get capacity(): number {
    return this.#threads.reduce((sum, thread) => sum + Math.max(0, thread.capacity), 0);
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
      return catalogs[0] ?? [];
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** One thread more, when there may be and none is on its way. */
  grow(nowMs: number): void {
    const starting = this.#threads.some((thread) => thread.state === "starting");
    if (this.#closed || starting || this.#active().length >= this.#options.threadsMax) return;
    if (this.#breaker.openForMs(nowMs) === 0) this.#addThreads(1);
  }

  answered(): void {
    this.#breaker.answered();
  }

  /** A retiring thread that has nothing left to do is ended. */
  settled(thread: PoolThread): void {
    if (thread.state === "retiring" && thread.inFlight.size === 0) void thread.terminate();
  }

  async reconfigure(options: ResolvedPoolOptions): Promise<void> {
    const before = this.#options;
    this.#options = options;
    const ofThread = (of: ResolvedPoolOptions) =>
      JSON.stringify([
        of.modules,
        of.threadMemoryMiB,
        of.runTimeoutMs,
        of.cancelGraceMs,
        of.heartbeatMs,
        of.concurrency,
      ]);
    const replaced = ofThread(before) === ofThread(options) ? [] : this.#active();
    const keep = this.#active().length - replaced.length;
    const wanted = Math.max(
      options.threadsMin - keep,
      Math.min(replaced.length, options.threadsMax - keep),
      0,
    );
    await Promise.all(this.#addThreads(wanted).map((thread) => thread.started));
    const surplus = this.#active().length - replaced.length - options.threadsMax;
    const idlest = this.#active()
      .filter((thread) => !replaced.includes(thread))
      .sort((a, b) => a.inFlight.size - b.inFlight.size);
    for (const thread of [...replaced, ...idlest.slice(0, Math.max(0, surplus))]) this.#retire(thread);
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
    return this.#threads.map((thread) => {
      const heap = this.#heap.get(thread);
      return {
        id: thread.id,
        inFlight: thread.inFlight.size,
        eventLoopUtilization: thread.eventLoopUtilization(),
        heapUsedBytes: heap?.usedBytes ?? 0,
        heapLimitBytes: heap?.limitBytes ?? 0,
        ready: thread.state === "ready",
      };
    });
  }

  /** Asks the threads for their heap figures, for the next snapshot. A blocked thread keeps its last figure. */
  refreshHeap(): void {
    for (const thread of this.#threads) void thread.heap().then((heap) => this.#heap.set(thread, heap));
  }

  #active(): PoolThread[] {
    return this.#threads.filter((thread) => thread.state === "starting" || thread.state === "ready");
  }

  #addThreads(count: number): PoolThread[] {
    const added = Array.from({ length: count }, () => this.#newThread());
    this.#threads = [...this.#threads, ...added];
    return added;
  }

  #newThread(): PoolThread {
    const events = { ...this.#events, died: (thread: PoolThread, death: Death) => this.#died(thread, death) };
    const thread = new PoolThread(this.#dependencies.code, this.#options, events, this.#dependencies.now());
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
    thread.state = "retiring";
    this.settled(thread);
  }

  #died(thread: PoolThread, death: Death): void {
    this.#threads = this.#threads.filter((one) => one !== thread);
    this.#heap.delete(thread);
    const reason =
      thread.retired || this.#closed ? "retired" : thread.startFailed ? "start-failed" : death.reason;
    this.deaths[reason] = (this.deaths[reason] ?? 0) + 1;
    if (reason !== "retired") this.#breaker.died(this.#dependencies.now());
    this.#events.died(thread, death);
    this.#replace();
  }

  #replace(): void {
    const missing = this.#options.threadsMin - this.#active().length;
    if (missing <= 0 || this.#closed) return;
    if (this.breakerOpenForMs() === 0) this.#addThreads(missing);
  }

  /** The one timer of the pool: blocked threads, idle threads, missing threads, heap figures. */
  #watch(): void {
    const nowMs = this.#dependencies.now();
    for (const thread of this.#threads) thread.checkHeartbeat(nowMs);
    const active = this.#active();
    const spare = active.length - this.#options.threadsMin;
    const idle = active.filter(
      (thread) =>
        thread.state === "ready" &&
        thread.inFlight.size === 0 &&
        nowMs - thread.idleSinceMs > this.#options.idleTimeoutMs,
    );
    for (const thread of idle.slice(0, Math.max(0, spare))) this.#retire(thread);
    this.#replace();
  }
}
