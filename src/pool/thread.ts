/** The front's side of one pool thread: what was sent to it, what came back, whether it lives. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { ThreadStartError } from "./errors.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import { PiscinaThread, type WorkerEnd } from "./piscina-thread.ts";
import { type Answer, decodeAnswers, encodeRuns, type FunctionInfo } from "./protocol.ts";
import type { Run } from "./run.ts";
import { SharedState } from "./shared-state.ts";
import type { ThreadCode } from "./thread-code.ts";
import type { Death } from "./verdict.ts";

export interface ThreadEvents {
  answered(thread: PoolThread, answers: Answer[]): void;
  died(thread: PoolThread, death: Death): void;
}

/**
 * starting: loads the modules; takes no runs. ready: takes runs. retiring: finishes the runs it has, then is ended.
 * ended: gone; entered from everywhere.
 */
export type ThreadState = "starting" | "ready" | "retiring" | "ended";

export class PoolThread {
  readonly id: number;
  readonly inFlight = new Map<number, Run>();
  state: ThreadState = "starting";
  /** When it last had a run, for the idle timeout. */
  idleSinceMs: number;
  /** Ended because nobody needed it any more, or before it could start: not the doing of a run. */
  retired = false;
  startFailed = false;
  /** Suspects in flight; never more than one, so that a death tells. */
  suspects = 0;

  readonly #events: ThreadEvents;
  readonly #options: ResolvedPoolOptions;
  readonly #piscina: PiscinaThread;
  readonly #shared = new SharedState();
  readonly #port: MessagePort;
  #lastHeartbeat = 0;
  #lastHeartbeatAtMs: number;
  #blocked = false;

  constructor(code: ThreadCode, options: ResolvedPoolOptions, events: ThreadEvents, nowMs: number) {
    this.#options = options;
    this.#events = events;
    this.idleSinceMs = nowMs;
    this.#lastHeartbeatAtMs = nowMs;
    this.#piscina = new PiscinaThread({
      filename: code.worker,
      memoryMiB: options.threadMemoryMiB,
      closeTimeoutMs: options.cancelGraceMs,
    });
    this.id = this.#piscina.id;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (batch: Uint8Array) => this.#received(batch));
    port1.unref();
    this.started = this.#start(code, port2);
    // Whoever awaits it hears of it; a failed start must not also be an unhandled rejection.
    this.started.catch(() => {});
    void this.#piscina.ended.then((end) => this.#ended(end));
  }

  /** The functions the thread loaded. Rejects with ThreadStartError when it could not. */
  readonly started: Promise<FunctionInfo[]>;

  /** How many more runs it may be sent. */
  get capacity(): number {
    return this.state === "ready" ? this.#options.concurrency - this.inFlight.size : 0;
  }

  send(runs: readonly Run[], bytes: number, nowMs: number): void {
    if (this.inFlight.size === 0) this.#lastHeartbeatAtMs = nowMs;
    for (const run of runs) {
      run.sentAtMs = nowMs;
      run.attempts++;
      if (run.strikes > 0) this.suspects++;
      this.inFlight.set(run.slot, run);
    }
    this.#piscina.run(encodeRuns(runs, bytes)).then(
      (answers) => {
        if (answers !== undefined) this.#received(answers as Uint8Array);
      },
      // The thread died; `ended` has what there is to know.
      () => {},
    );
  }

  /** Offers a cancellation to the function by its AbortSignal. */
  cancel(run: Run): void {
    this.#port.postMessage(run.slot);
  }

  /** Takes a run off the books: answered, or given up by its caller. */
  settle(slot: number, nowMs: number): Run | undefined {
    const run = this.inFlight.get(slot);
    if (run === undefined) return undefined;
    this.inFlight.delete(slot);
    if (run.strikes > 0) this.suspects--;
    if (this.inFlight.size === 0) this.idleSinceMs = nowMs;
    return run;
  }

  /** Ends the thread when code has blocked it for longer than a run may take. */
  checkHeartbeat(nowMs: number): void {
    const beat = this.#shared.heartbeat;
    if (beat !== this.#lastHeartbeat || this.inFlight.size === 0) {
      this.#lastHeartbeat = beat;
      this.#lastHeartbeatAtMs = nowMs;
    } else if (nowMs - this.#lastHeartbeatAtMs > this.#options.runTimeoutMs && !this.#blocked) {
      this.#blocked = true;
      void this.#piscina.terminate();
    }
  }

  async terminate(): Promise<void> {
    await this.#piscina.terminate();
  }

  eventLoopUtilization(): number {
    return this.state === "ended" ? 0 : this.#piscina.eventLoopUtilization();
  }

  async heap(): Promise<{ usedBytes: number; limitBytes: number }> {
    try {
      const heap = await this.#piscina.heapStatistics();
      return { usedBytes: heap.used_heap_size, limitBytes: heap.heap_size_limit };
    } catch {
      return { usedBytes: 0, limitBytes: 0 };
    }
  }

  async #start(code: ThreadCode, port: MessagePort): Promise<FunctionInfo[]> {
    const { modules, runTimeoutMs, cancelGraceMs, heartbeatMs, startTimeoutMs } = this.#options;
    const { runner, setupModules } = code;
    const shared = this.#shared.buffer;
    const catalog = this.#piscina.run(
      {
        type: "start",
        port,
        shared,
        modules,
        setupModules,
        runner,
        runTimeoutMs,
        cancelGraceMs,
        heartbeatMs,
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
      throw new ThreadStartError(startFailure(error, startTimeoutMs), { cause: error });
    } finally {
      clearTimeout(timeout);
    }
  }

  /** A module that fails to load rejects the start; a worker that dies while loading says why by its end. */
  async #endOf(cause: Error): Promise<{ error: Error }> {
    void this.#piscina.terminate();
    const end = await this.#piscina.ended;
    return { error: end.error ?? cause };
  }

  #received(batch: Uint8Array): void {
    this.#events.answered(this, decodeAnswers(batch));
  }

  #ended(end: WorkerEnd): void {
    this.startFailed = this.state === "starting";
    this.retired = this.state === "retiring";
    this.state = "ended";
    this.#port.close();
    this.#events.died(this, !this.startFailed ? this.#death(end) : { ...UNKNOWN, text: "could not start" });
  }

  #death(end: WorkerEnd): Death {
    const { culprit, runningSlot } = this.#shared;
    if (culprit !== undefined) {
      return { reason: culprit.reason, text: culprit.text, culpritSlot: culprit.slot ?? -1, runningSlot };
    }
    if (this.#blocked) {
      const text = `it blocked the thread for longer than ${this.#options.runTimeoutMs} ms`;
      return { ...UNKNOWN, reason: "blocked", text, runningSlot };
    }
    if ((end.error as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY") {
      const text = `the heap of ${this.#options.threadMemoryMiB} MiB is full`;
      return { ...UNKNOWN, reason: "out-of-memory", text, runningSlot };
    }
    return { ...UNKNOWN, text: end.error?.message ?? `exit code ${end.exitCode}`, runningSlot };
  }
}

const UNKNOWN: Death = { reason: "unknown", text: "", culpritSlot: undefined, runningSlot: undefined };

function startFailure(error: Error, startTimeoutMs: number): string {
  return /Terminating worker thread|worker exited/.test(error.message)
    ? `a thread did not start within ${startTimeoutMs} ms; its modules may wait for something at load`
    : `a thread could not load the functions: ${error.message}`;
}
