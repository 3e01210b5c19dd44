/**
 * The pool owns the threads that run functions: how many there are, which run goes where, what happens when one
 * dies. It knows runs only as a function name and bytes; what they mean is the business of the code in the thread.
 *
 * Runs that arrive in one turn of the event loop are sent together, at its end (setImmediate follows the phase in
 * which sockets were read), a batch a thread. Every run taken is answered with RunResponse bytes.
 */
import type { Telemetry } from "../telemetry/events.ts";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import { FunctionCosts } from "./costs.ts";
import { PoolClosedError, PoolFullError } from "./errors.ts";
import { failureResponse, guiltyResponse, type PoolErrorType } from "./failure-response.ts";
import { type PoolOptions, type ResolvedPoolOptions, resolvePoolOptions } from "./options.ts";
import type { Answer, FunctionInfo } from "./protocol.ts";
import { nextChunk } from "./routing.ts";
import type { Run } from "./run.ts";
import { emptySnapshot, type PoolSnapshot } from "./snapshot.ts";
import type { PoolThread } from "./thread.ts";
import { type ThreadCode, threadCode } from "./thread-code.ts";
import { ThreadSet } from "./thread-set.ts";
import { type Death, judge } from "./verdict.ts";

export interface RunOptions {
  /** Aborting offers the function a cancellation by its own AbortSignal, and answers it after the grace time. */
  signal?: AbortSignal;
}

export interface PoolDependencies {
  telemetry: Telemetry;
  /** Milliseconds, monotonic. Default: `performance.now`. */
  now?: () => number;
  /** What the threads run. Default: functions made with the SDK, see {@link threadCode}. */
  code?: ThreadCode;
}

export class RunPool {
  readonly #dependencies: Required<PoolDependencies>;
  readonly #threads: ThreadSet;
  readonly #costs = new FunctionCosts();
  readonly #waiting: Run[] = [];
  readonly #counters = emptySnapshot();
  #options: ResolvedPoolOptions;
  #nextSlot = 0;
  #inFlight = 0;
  #flushScheduled = false;
  #closing = false;
  #whenIdle: (() => void) | undefined;

  constructor(options: PoolOptions, dependencies: PoolDependencies) {
    this.#options = resolvePoolOptions(options);
    this.#dependencies = { now: () => performance.now(), code: threadCode(), ...dependencies };
    this.#threads = new ThreadSet(this.#dependencies, this.#options, {
      answered: (thread, answers) => this.#answered(thread, answers),
      died: (thread, death) => this.#died(thread, death),
      available: () => this.#flush(),
    });
  }

  /**
   * Starts the threads and resolves with the functions they loaded.
   *
   * @throws {ThreadStartError} when a module cannot be loaded; the cause's stack says where
   */
  start(): Promise<FunctionInfo[]> {
    return this.#threads.start();
  }

  get options(): ResolvedPoolOptions {
    return this.#options;
  }

  /**
   * Runs a function in some thread: RunRequest bytes in, RunResponse bytes out. Failures of any kind are RunResponses
   * with a status.
   *
   * @throws {PoolFullError} at once when the queue is at its bound
   * @throws {PoolClosedError} when the pool drains or is closed
   */
  run(functionName: string, request: Uint8Array, options?: RunOptions): Promise<Uint8Array> {
    if (this.#closing) return Promise.reject(new PoolClosedError());
    if (this.#waiting.length >= this.#queueBound()) {
      return Promise.reject(new PoolFullError(this.#waiting.length, this.#retryAfterMs()));
    }
    return new Promise((resolve) => {
      const run: Run = {
        slot: this.#nextSlot,
        functionName,
        request,
        queuedAtMs: this.#dependencies.now(),
        sentAtMs: 0,
        strikes: 0,
        attempts: 0,
        cancelled: false,
        release: undefined,
        answer: resolve,
      };
      this.#nextSlot = (this.#nextSlot + 1) >>> 0;
      if (options?.signal !== undefined) this.#watch(run, options.signal);
      this.#waiting.push(run);
      this.#scheduleFlush();
    });
  }

  /**
   * Takes new options without failing a run: threads are added, retired or, when their own settings changed,
   * replaced one generation by the next.
   */
  async reconfigure(options: PoolOptions): Promise<void> {
    const resolved = resolvePoolOptions(options);
    await this.#threads.reconfigure(resolved);
    this.#options = resolved;
    this.#flush();
  }

  /**
   * Takes no further runs and waits until those taken are answered; after `deadlineMs` the rest is cancelled, given
   * its grace, and answered as a temporary failure.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#closing = true;
    if (this.#inFlight + this.#waiting.length === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    const deadline = setTimeout(() => {
      this.#failWaiting(Status.TEMPORARY_ERROR, "PoolClosed", "the service is stopping");
      for (const thread of this.#threads.all)
        for (const run of thread.inFlight.values()) this.#cancel(run, thread);
    }, deadlineMs);
    await idle;
    clearTimeout(deadline);
  }

  /** Ends the threads. Runs not answered by then are, as a temporary failure. May be called more than once. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#failWaiting(Status.TEMPORARY_ERROR, "PoolClosed", "the service is stopping");
    await this.#threads.close();
  }

  /** Heap figures are those the threads gave after the snapshot before: asking takes a message to each. */
  snapshot(): PoolSnapshot {
    this.#threads.refreshHeap();
    return {
      ...this.#counters,
      threadDeaths: { ...this.#counters.threadDeaths, ...this.#threads.deaths },
      threadStarts: this.#threads.starts,
      threads: this.#threads.snapshot(),
      queued: this.#waiting.length,
      inFlight: this.#inFlight,
      breakerOpenForMs: this.#threads.breakerOpenForMs(),
    };
  }

  /** No thread lives, and none may be started for now: runs are answered with a failure. */
  get unavailable(): boolean {
    return this.#threads.unavailable;
  }

  /** With room in a thread a run does not count as queued, though it waits for the end of the turn. */
  #queueBound(): number {
    return this.#options.queueMax + this.#threads.capacity;
  }

  /** About as long as the queue takes to be served, from what the waiting functions cost; at least a second. */
  #retryAfterMs(): number {
    const micros = this.#waiting.reduce((sum, run) => sum + this.#costs.of(run.functionName), 0);
    return Math.min(60_000, Math.max(1_000, micros / 1_000 / Math.max(1, this.#threads.all.length)));
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const nowMs = this.#dependencies.now();
    while (this.#waiting.length > 0) {
      const chunk = nextChunk(this.#waiting, this.#threads.all, this.#costs, this.#options);
      if (chunk === undefined) {
        if (this.#threads.unavailable)
          this.#failWaiting(Status.TEMPORARY_ERROR, "PoolUnavailable", UNAVAILABLE);
        else this.#threads.grow(nowMs);
        return;
      }
      chunk.thread.send(chunk.runs, chunk.bytes, nowMs);
      this.#inFlight += chunk.runs.length;
      this.#counters.batchesSent++;
      this.#counters.runsSent += chunk.runs.length;
      this.#dependencies.telemetry.emit({ type: "pool-batch-sent", runs: chunk.runs.length });
    }
  }

  #answered(thread: PoolThread, answers: Answer[]): void {
    const nowMs = this.#dependencies.now();
    const finished: FinishedRun[] = [];
    for (const { slot, response, durationMicros, computingMicros } of answers) {
      const run = thread.settle(slot, nowMs);
      // Unknown slots are runs that were answered without their function, after a cancellation's grace.
      if (run === undefined) continue;
      this.#inFlight--;
      this.#costs.learn(run.functionName, computingMicros);
      finished.push({
        functionName: run.functionName,
        status: statusOf(response),
        durationSeconds: durationMicros / 1e6,
        queueSeconds: Math.max(0, run.sentAtMs - run.queuedAtMs) / 1e3,
      });
      run.release?.();
      run.answer(response);
    }
    if (finished.length > 0) {
      this.#threads.answered();
      this.#dependencies.telemetry.emit({ type: "pool-runs-finished", runs: finished });
    }
    this.#threads.settled(thread);
    if (this.#waiting.length > 0) this.#scheduleFlush();
    this.#checkIdle();
  }

  #died(thread: PoolThread, death: Death): void {
    const inFlight = [...thread.inFlight.values()];
    thread.inFlight.clear();
    this.#inFlight -= inFlight.length;
    const { guilty, innocent, givenUp } = judge(death, inFlight);
    this.#dependencies.telemetry.emit({
      type: "pool-thread-died",
      threadId: thread.id,
      reason: death.reason,
      text: death.text,
      functionName: guilty?.functionName,
      runsRepeated: innocent.length,
    });
    if (guilty !== undefined)
      this.#answerWithout(guilty, guiltyResponse(guilty.functionName, death), death.reason);
    for (const run of givenUp)
      this.#fail(run, Status.TEMPORARY_ERROR, "ThreadLost", `its thread ended: ${death.text}`);
    if (this.#closing && this.#threads.closed) {
      for (const run of innocent)
        this.#fail(run, Status.TEMPORARY_ERROR, "PoolClosed", "the service is stopping");
    } else {
      this.#counters.runsRepeated += innocent.length;
      this.#waiting.unshift(...innocent.filter((run) => !this.#dropCancelled(run)));
      this.#scheduleFlush();
    }
    this.#checkIdle();
  }

  #watch(run: Run, signal: AbortSignal): void {
    const onAbort = () => {
      const thread = this.#threads.all.find((one) => one.inFlight.has(run.slot));
      this.#cancel(run, thread);
    };
    if (signal.aborted) {
      run.cancelled = true;
      queueMicrotask(onAbort);
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    run.release = () => signal.removeEventListener("abort", onAbort);
  }

  /** A waiting run is answered at once; one in a thread is asked to end, and answered without it after the grace. */
  #cancel(run: Run, thread: PoolThread | undefined): void {
    run.cancelled = true;
    if (thread === undefined) {
      const index = this.#waiting.indexOf(run);
      if (index >= 0) this.#waiting.splice(index, 1);
      if (index >= 0) this.#dropCancelled(run);
      return;
    }
    thread.cancel(run);
    setTimeout(() => {
      if (thread.settle(run.slot, this.#dependencies.now()) === undefined) return;
      this.#inFlight--;
      this.#dropCancelled(run);
      this.#threads.settled(thread);
    }, this.#options.cancelGraceMs);
  }

  #dropCancelled(run: Run): boolean {
    if (run.cancelled) this.#fail(run, Status.TIMEOUT, "RunTimeout", "the run was cancelled");
    return run.cancelled;
  }

  #failWaiting(status: Status, type: PoolErrorType, message: string): void {
    for (const run of this.#waiting.splice(0)) this.#fail(run, status, type, message);
  }

  #fail(run: Run, status: Status, type: PoolErrorType, message: string): void {
    this.#answerWithout(
      run,
      failureResponse(status, type, `function '${run.functionName}': ${message}`),
      type,
    );
  }

  /** Answers a run that its function did not. */
  #answerWithout(run: Run, response: Uint8Array, reason: string): void {
    run.release?.();
    run.answer(response);
    const nowMs = this.#dependencies.now();
    const startedAtMs = run.sentAtMs === 0 ? nowMs : run.sentAtMs;
    this.#dependencies.telemetry.emit({
      type: "pool-runs-finished",
      runs: [
        {
          functionName: run.functionName,
          status: statusOf(response),
          durationSeconds: (nowMs - startedAtMs) / 1e3,
          queueSeconds: (startedAtMs - run.queuedAtMs) / 1e3,
          reason,
        },
      ],
    });
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#whenIdle !== undefined && this.#inFlight + this.#waiting.length === 0) this.#whenIdle();
  }
}

const UNAVAILABLE = "threads end again and again, see the log; runs are refused until one lives";

export interface FinishedRun {
  functionName: string;
  status: Status;
  /** From its start in the thread to its answer. */
  durationSeconds: number;
  /** From its arrival in the pool to when it was sent to a thread. */
  queueSeconds: number;
  /** Why the pool answered instead of the function. */
  reason?: string;
}

/** RunResponse.status is field 1, and every encoder writes fields in order; anything else reads as unspecified. */
function statusOf(response: Uint8Array): Status {
  return response[0] === 8 && response[1]! < 16 ? (response[1] as Status) : Status.UNSPECIFIED;
}
