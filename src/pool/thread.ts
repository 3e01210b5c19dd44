/** The front's side of one pool thread: what was sent to it, what came back, whether it lives. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { EventLoopTime } from "../telemetry/busy-share.ts";
import { ThreadStartError } from "./errors.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import { PiscinaThread, type WorkerEnd } from "./piscina-thread.ts";
import { type Answer, decodeAnswers, encodeRuns, type FunctionInfo, type ThreadNotice } from "./protocol.ts";
import type { Route } from "./routing.ts";
import type { Run } from "./run.ts";
import { Seats } from "./seats.ts";
import { SharedState } from "./shared-state.ts";
import type { ThreadCode } from "./thread-code.ts";
import type { Death } from "./verdict.ts";

export interface ThreadEvents {
  /** Answers came, and perhaps it has worked off a message. */
  answered(thread: PoolThread, answers: readonly Answer[]): void;
  /** Something in the thread went wrong that is no run's answer. */
  noticed(notice: ThreadNotice): void;
  died(thread: PoolThread, death: Death): void;
}

/**
 * starting: loads the modules; takes no runs. ready: takes runs. retiring: finishes the runs it has, then is ended.
 * ended: gone; entered from everywhere.
 */
export type ThreadState = "starting" | "ready" | "retiring" | "ended";

export class PoolThread implements Route {
  readonly id: number;
  readonly seats: Seats;
  /** The functions the thread loaded. Rejects with ThreadStartError when it could not. */
  readonly started: Promise<FunctionInfo[]>;
  state: ThreadState = "starting";
  /** When it last had a run, for the idle timeout. */
  idleSinceMs: number;
  /** Ended because nobody needed it any more, or before it could start: not the doing of a run. */
  retired = false;
  startFailed = false;

  readonly #events: ThreadEvents;
  readonly #options: ResolvedPoolOptions;
  readonly #code: ThreadCode;
  readonly #piscina: PiscinaThread;
  readonly #shared: SharedState;
  readonly #port: MessagePort;
  #lastHeartbeat = 0;
  #lastCheckMs = 0;
  #staleMs = 0;
  #blockedForMs = 0;
  #isProbing = false;
  #overMemory = false;
  #ending: Promise<void> | undefined;

  constructor(code: ThreadCode, options: ResolvedPoolOptions, events: ThreadEvents, nowMs: number) {
    this.#options = options;
    this.#code = code;
    this.#events = events;
    this.idleSinceMs = nowMs;
    this.#shared = SharedState.withSeats(options.concurrency);
    this.seats = new Seats(this.#shared);
    this.#piscina = new PiscinaThread({
      filename: code.worker,
      // Beyond what the pool itself allows, by more than can be allocated before it takes notice.
      heapMiBMax: 2 * options.threadMemoryMiB + 2_048,
      closeTimeoutMs: options.cancelGraceMs,
      env: options.env,
    });
    this.id = this.#piscina.id;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (message: Uint8Array | ThreadNotice) => {
      if (message instanceof Uint8Array) this.#events.answered(this, decodeAnswers(message));
      else this.#events.noticed(message);
    });
    port1.unref();
    this.started = this.#start(code, port2);
    // Whoever awaits it hears of it; a failed start must not also be an unhandled rejection.
    this.started.catch(() => {});
    void this.#piscina.ended.then((end) => this.#ended(end));
  }

  get capacity(): number {
    return this.state === "ready" ? this.seats.free : 0;
  }

  get pendingMicros(): number {
    return this.seats.pendingMicros;
  }

  get waitingRuns(): number {
    return this.seats.waitingRuns;
  }

  get isolatedRuns(): number {
    return this.seats.isolatedRuns;
  }

  get silentSinceMs(): number {
    return this.seats.oldestBatchMs;
  }

  send(runs: readonly Run[], bytes: number, nowMs: number): void {
    // Runs whose answers are still to come keep the process alive, as any I/O of its own would.
    if (this.seats.taken === 0) this.#port.ref();
    const batch = this.seats.place(runs, nowMs);
    this.#piscina.run(encodeRuns(runs, bytes)).then(
      (result) => {
        const answers = result === undefined ? [] : decodeAnswers(result as Uint8Array);
        this.seats.workedOff(batch);
        this.#events.answered(this, answers);
      },
      // The thread died; `ended` has what there is to know.
      () => {},
    );
  }

  /** The runs that these are the answers of, with them; others were answered without their function before. */
  settle(answers: readonly Answer[], nowMs: number): { run: Run; answer: Answer }[] {
    const settled: { run: Run; answer: Answer }[] = [];
    for (const answer of answers) {
      const run = this.seats.settle(answer);
      if (run === undefined) continue;
      run.fn.learn(answer.computingMicros);
      if (!run.answered) settled.push({ run, answer });
    }
    if (this.seats.taken === 0) {
      this.idleSinceMs = nowMs;
      this.#port.unref();
    }
    return settled;
  }

  /** Offers a cancellation to the function by its AbortSignal. */
  cancel(run: Run): void {
    this.#port.postMessage(run.id);
  }

  /** Ends the thread when code has blocked it for longer than a run may take. */
  checkHeartbeat(nowMs: number): void {
    const beat = this.#shared.heartbeat;
    // Where the whole process stood still, time has passed that the thread did not have.
    const passedMs = Math.min(nowMs - this.#lastCheckMs, 2 * this.#options.heartbeatMs);
    this.#lastCheckMs = nowMs;
    const isStale = beat === this.#lastHeartbeat;
    this.#lastHeartbeat = beat;
    if (isStale) void this.#probeMemory();
    if (!isStale || this.seats.taken === 0) {
      this.#staleMs = 0;
      return;
    }
    this.#staleMs += passedMs;
    const { runTimeoutMs } = this.#options;
    const limitMs = Math.min(runTimeoutMs, this.#executing()?.fn.timeoutMs ?? runTimeoutMs);
    if (this.#staleMs <= limitMs || this.#blockedForMs > 0) return;
    this.#blockedForMs = limitMs;
    void this.#piscina.terminate();
  }

  /** Ends the thread in order. May be called again. */
  terminate(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #end(): Promise<void> {
    if (this.#code.shutdownMs > 0 && this.state !== "starting") await this.#shutDown();
    await this.#piscina.terminate();
  }

  async #shutDown(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#code.shutdownMs);
    try {
      await Promise.race([this.#piscina.run({ type: "stop" }), late]);
    } catch (error) {
      if (this.state === "ended") return;
      const message = `a setup module could not shut down: ${(error as Error)?.message ?? error}`;
      this.#events.noticed({ level: "error", message });
    } finally {
      clearTimeout(timer);
    }
  }

  eventLoopTime(): EventLoopTime {
    return this.state === "ended" ? { activeMs: 0, idleMs: 0 } : this.#piscina.eventLoopTime();
  }

  /** Heap and buffers as of the last heartbeat. */
  get memoryBytes(): number {
    return this.#shared.memoryBytes;
  }

  get memoryBytesMax(): number {
    return this.#options.threadMemoryMiB * 2 ** 20;
  }

  /** A thread that code blocks cannot look after its memory itself; it is asked in the middle of that code. */
  async #probeMemory(): Promise<void> {
    if (this.#isProbing || this.state === "ended") return;
    this.#isProbing = true;
    try {
      const { used_heap_size, external_memory } = await this.#piscina.heapStatistics();
      // What is garbage cannot be told from here; twice the limit is hardly all garbage.
      if (used_heap_size + external_memory <= 2 * this.memoryBytesMax) return;
      this.#overMemory = true;
      void this.#piscina.terminate();
    } catch {
      // It has ended.
    } finally {
      this.#isProbing = false;
    }
  }

  async #start(code: ThreadCode, port: MessagePort): Promise<FunctionInfo[]> {
    const { modules, runTimeoutMs, cancelGraceMs, heartbeatMs, startTimeoutMs, responseBytesMax } =
      this.#options;
    const { runner, setupModules } = code;
    const catalog = this.#piscina.run(
      {
        type: "start",
        port,
        shared: this.#shared.buffer,
        modules,
        setupModules,
        runner,
        runTimeoutMs,
        cancelGraceMs,
        heartbeatMs,
        responseBytesMax,
        memoryBytesMax: this.memoryBytesMax,
      },
      [port],
    );
    const timeout = setTimeout(() => void this.#piscina.terminate(), startTimeoutMs);
    try {
      const functions = (await catalog) as FunctionInfo[];
      if (this.state === "starting") this.state = "ready";
      return functions;
    } catch (cause) {
      const { error } = await this.#endOf(cause as Error);
      if (this.#overMemory) throw new ThreadStartError(this.#startsTooLarge(), { cause: error });
      throw new ThreadStartError(startFailure(error, startTimeoutMs), { cause: error });
    } finally {
      clearTimeout(timeout);
    }
  }

  #startsTooLarge(): string {
    return `a thread needed more than ${this.#options.threadMemoryMiB} MiB of memory to load the functions`;
  }

  /** A module that fails to load rejects the start; a worker that dies while loading says why by its end. */
  async #endOf(cause: Error): Promise<{ error: Error }> {
    void this.#piscina.terminate();
    const end = await this.#piscina.ended;
    return { error: end.error ?? cause };
  }

  #ended(end: WorkerEnd): void {
    this.startFailed = this.state === "starting";
    this.retired = this.state === "retiring";
    this.state = "ended";
    this.#port.close();
    this.#events.died(this, !this.startFailed ? this.#death(end) : { ...UNKNOWN, text: "could not start" });
  }

  #executing(): Run | undefined {
    const seat = this.#shared.runningSeat;
    return seat === undefined ? undefined : this.seats.at(seat);
  }

  #death(end: WorkerEnd): Death {
    const { culprit } = this.#shared;
    const executing = this.#executing();
    const isOutOfMemory =
      this.#overMemory ||
      culprit?.reason === "out-of-memory" ||
      (end.error as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
    if (isOutOfMemory) {
      const text = `it holds more than ${this.#options.threadMemoryMiB} MiB of memory`;
      return { ...UNKNOWN, reason: "out-of-memory", text, executing };
    }
    if (culprit !== undefined) {
      return { reason: culprit.reason, text: culprit.text, culpritId: culprit.id ?? -1, executing };
    }
    if (this.#blockedForMs > 0) {
      const text = `it blocked the thread for longer than ${this.#blockedForMs} ms`;
      return { ...UNKNOWN, reason: "blocked", text, executing };
    }
    return { ...UNKNOWN, text: end.error?.message ?? `exit code ${end.exitCode}`, executing };
  }
}

const UNKNOWN: Death = { reason: "unknown", text: "", culpritId: undefined, executing: undefined };

function startFailure(error: Error, startTimeoutMs: number): string {
  return /Terminating worker thread|worker exited/.test(error.message)
    ? `a thread did not start within ${startTimeoutMs} ms; its modules may wait for something at load`
    : `a thread could not load the functions: ${error.message}`;
}
