/**
 * One pool thread as a Piscina of one worker, the only place that knows Piscina.
 *
 * A Piscina for each thread rather than one for all: the pool steers every batch to a chosen thread, replaces and
 * retires single threads, and must not queue in two places. Piscina's balancer sees threads only by an id that
 * becomes -1 when they die, its queue is blocked by a task whose thread is busy, and a worker that fails to start
 * ends replacement for good (docs/decisions/0002-a-piscina-for-each-thread.md).
 */
import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import type { EventLoopTime } from "../telemetry/busy-share.ts";
import type { ThreadTask } from "./protocol.ts";

export interface PiscinaThreadOptions {
  filename: string;
  /** V8's own limit, which aborts the process as often as it ends the thread: nothing should come near it. */
  heapMiBMax: number;
  closeTimeoutMs: number;
  env: Readonly<Record<string, string>>;
}

/** Why a worker ended, as far as the worker itself could say. */
export interface WorkerEnd {
  error: Error | undefined;
  exitCode: number;
}

export class PiscinaThread {
  readonly #piscina: Piscina;
  readonly #worker: Worker;
  /** Resolves once, when the worker has ended for whatever reason. */
  readonly ended: Promise<WorkerEnd>;

  constructor(options: PiscinaThreadOptions) {
    this.#piscina = new Piscina({
      filename: options.filename,
      name: "default",
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      maxQueue: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
      // The default blocks an idle thread's event loop: timers and sockets of waiting runs would stand still.
      atomics: "disabled",
      resourceLimits: { maxOldGenerationSizeMb: options.heapMiBMax },
      execArgv: [
        ...process.execArgv.filter(isForThreads),
        "--enable-source-maps",
        "--disable-warning=ExperimentalWarning",
      ],
      argv: [],
      env: { ...process.env, ...options.env },
      workerData: null,
      niceIncrement: 0,
      trackUnmanagedFds: true,
      closeTimeout: options.closeTimeoutMs,
      recordTiming: false,
      workerHistogram: false,
      stricterFIFO: true,
    });
    this.#worker = this.#piscina.threads[0]!;
    // Failures reach the pool by the worker's own events; these would only throw.
    this.#piscina.on("error", () => {});
    let error: Error | undefined;
    // Ahead of Piscina's own listeners: a worker that dies is replaced by the pool and not by Piscina.
    this.#worker.prependListener("error", (cause) => {
      error = cause as Error;
      void this.#piscina.destroy();
    });
    this.ended = new Promise((resolve) => {
      this.#worker.prependListener("exit", (exitCode) => {
        void this.#piscina.destroy();
        resolve({ error, exitCode });
      });
    });
  }

  get id(): number {
    return this.#worker.threadId;
  }

  /** Rejects when the thread ends before the task does. */
  run(
    task: ThreadTask,
    transferList: NonNullable<Parameters<Piscina["run"]>[1]>["transferList"] = [],
  ): Promise<unknown> {
    return this.#piscina.run(task, { transferList });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Time the thread's event loop has spent since it started. */
  eventLoopTime(): EventLoopTime {
    const { active, idle } = this.#worker.performance.eventLoopUtilization();
    return { activeMs: active, idleMs: idle };
  }

  /** Rejects once the thread has ended. */
  heapStatistics(): ReturnType<Worker["getHeapStatistics"]> {
    return this.#worker.getHeapStatistics();
  }
}

/** Flags of the process that change how modules are found; most others are refused by a worker, or mean the process. */
function isForThreads(flag: string): boolean {
  return /^(--conditions|--import|--require|--no-warnings)\b/.test(flag);
}
