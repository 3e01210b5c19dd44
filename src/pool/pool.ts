/**
 * The pool owns the threads that run functions: how many there are, which run goes where, what happens when one
 * dies. It knows runs only as a function name and bytes; what they mean is the business of the code in the thread.
 *
 * Runs that arrive in one turn of the event loop are sent together, at its end (setImmediate follows the phase in
 * which sockets were read), a batch a thread. Every run taken is answered with RunResponse bytes.
 */
import { newStateKey } from "../coroutine/setup-options.ts";
import type { Telemetry } from "../telemetry/events.ts";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import { Affinities } from "./affinities.ts";
import { Cancellations } from "./cancellations.ts";
import { PoolClosedError, PoolFullError } from "./errors.ts";
import type { PoolErrorType } from "./failure-response.ts";
import { FunctionTable } from "./functions.ts";
import { OpenRuns } from "./open-runs.ts";
import { type PoolOptions, type ResolvedPoolOptions, resolvePoolOptions } from "./options.ts";
import { type Answer, type FunctionInfo, ID_COUNT } from "./protocol.ts";
import { AHEAD_MICROS, hasRoom, nextChunk, SILENT_MS } from "./routing.ts";
import { isIsolated, newRun, type Run } from "./run.ts";
import { RunQueue } from "./run-queue.ts";
import { type EndReason, emptySnapshot, type PoolSnapshot } from "./snapshot.ts";
import type { PoolThread } from "./thread.ts";
import { type ThreadCode, threadCode } from "./thread-code.ts";
import { ThreadSet } from "./thread-set.ts";
import { type Death, judge } from "./verdict.ts";

export interface RunOptions {
  /** Aborting offers the function a cancellation by its own AbortSignal, and answers it after the grace time. */
  signal?: AbortSignal;
  /**
   * Takes what does the same as aborting a signal, and calls it if the run is to be cancelled. Goes before `signal`: a
   * signal for every run, with a listener, costs several microseconds.
   */
  onAbort?(cancel: () => void): void;
  /** Id of the call. A run that resumes it goes to the thread that suspended it, while that has room. */
  id?: string;
}

export interface PoolDependencies {
  telemetry: Telemetry;
  /** Milliseconds, monotonic. Default: `performance.now`. */
  now?: () => number;
  /** What the threads run. Default: functions made with the SDK, see {@link threadCode}. */
  code?: ThreadCode;
}

export class RunPool {
  readonly #telemetry: Telemetry;
  readonly #now: () => number;
  readonly #threads: ThreadSet;
  readonly #functions = new FunctionTable();
  readonly #queue = new RunQueue<PoolThread>();
  readonly #affinities = new Affinities();
  readonly #open: OpenRuns;
  readonly #cancellations = new Cancellations((run) => this.#cancel(run));
  readonly #counters = emptySnapshot();
  #options: ResolvedPoolOptions;
  #nextId = 0;
  #flushScheduled = false;
  #rescue: NodeJS.Timeout | undefined;
  #closing = false;
  /** Of this pool through all its options: states would not open under another one. */
  readonly #stateKey = newStateKey();

  /** @throws {RangeError} when an option is out of its bounds */
  constructor(options: PoolOptions, dependencies: PoolDependencies) {
    const { telemetry, now = () => performance.now(), code = threadCode() } = dependencies;
    this.#options = this.#resolve(options);
    this.#telemetry = telemetry;
    this.#now = now;
    this.#open = new OpenRuns(telemetry, now);
    this.#threads = new ThreadSet({ telemetry, now, code }, this.#options, {
      answered: (thread, answers) => this.#answered(thread, answers),
      noticed: (notice) =>
        telemetry.emit({ ...notice, type: "notice", message: `in a thread: ${notice.message}` }),
      died: (thread, death, reason) => this.#died(thread, death, reason),
      available: () => this.#flush(),
      unavailable: () => this.#failWaiting("PoolUnavailable", UNAVAILABLE),
    });
  }

  /**
   * Starts the threads and resolves with the functions they loaded.
   *
   * @throws {ThreadStartError} when a module cannot be loaded; the cause's stack says where
   */
  async start(): Promise<FunctionInfo[]> {
    const functions = await this.#threads.start();
    this.#functions.register(functions);
    return functions;
  }

  get options(): ResolvedPoolOptions {
    return this.#options;
  }

  /**
   * Runs a function in some thread: RunRequest bytes in, RunResponse bytes out. Failures of any kind are RunResponses
   * with a status. The response may be a view of a larger buffer.
   *
   * @throws {PoolFullError} at once when the queue is at its bound
   * @throws {PoolClosedError} when the pool drains or is closed
   */
  run(functionName: string, request: Uint8Array, options?: RunOptions): Promise<Uint8Array> {
    if (this.#closing) return Promise.reject(new PoolClosedError());
    if (this.#queue.length >= this.#queueBound()) {
      return Promise.reject(new PoolFullError(this.#queue.length, this.#retryAfterMs()));
    }
    return new Promise((answer) => {
      const run = this.#newRun(functionName, request, answer, options?.id);
      this.#open.open(run);
      const signal = options?.onAbort === undefined ? options?.signal : undefined;
      if (signal?.aborted) this.#fail(run, "RunCancelled", CANCELLED);
      else if (signal !== undefined) this.#cancellations.watch(run, signal);
      if (run.answered || this.#refused(run)) return;
      const preferred = run.callId === undefined ? undefined : this.#affinities.threadOf(run.callId);
      if (preferred === undefined) this.#queue.push(run);
      else this.#queue.pushPreferring(run, preferred);
      options?.onAbort?.(() => this.#cancel(run));
      this.#scheduleFlush();
    });
  }

  /**
   * Takes new options without failing a run: threads are added, retired or, when their own settings changed,
   * replaced one generation by the next.
   *
   * @returns the functions, when they were loaded anew
   * @throws {RangeError | ThreadStartError} when the options cannot be used; all is then as before
   */
  async reconfigure(options: PoolOptions): Promise<FunctionInfo[] | undefined> {
    const resolved = this.#resolve(options);
    const functions = await this.#threads.reconfigure(resolved);
    if (functions !== undefined) this.#functions.register(functions);
    this.#options = resolved;
    this.#flush();
    return functions;
  }

  #resolve(options: PoolOptions): ResolvedPoolOptions {
    return resolvePoolOptions({
      ...options,
      env: { DISPATCH_LOCAL_STATE_KEY: this.#stateKey, ...options.env },
    });
  }

  /**
   * Takes no further runs and waits until those taken are answered; after `deadlineMs` the rest is cancelled, given
   * its grace, and answered as a temporary failure.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#closing = true;
    const deadline = setTimeout(() => {
      this.#failWaiting("PoolClosed", STOPPING);
      for (const thread of this.#threads.all) for (const run of thread.seats.runs()) this.#cancel(run);
    }, deadlineMs);
    await this.#open.none();
    clearTimeout(deadline);
  }

  /** Ends the threads. Runs not answered by then are, as a temporary failure. May be called more than once. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#rescue);
    this.#failWaiting("PoolClosed", STOPPING);
    await this.#threads.close();
  }

  /** The figures of this moment, without asking the threads: they show theirs in shared memory. */
  snapshot(): PoolSnapshot {
    return {
      ...this.#counters,
      threadDeaths: { ...this.#counters.threadDeaths, ...this.#threads.deaths },
      threadStarts: this.#threads.starts,
      threads: this.#threads.snapshot(),
      queued: this.#queue.length,
      inFlight: this.#open.count - this.#queue.length,
      breakerOpenForMs: this.#threads.breakerOpenForMs(),
    };
  }

  /** No thread lives, and none may be started for now: runs are answered with a failure. */
  get unavailable(): boolean {
    return this.#threads.unavailable;
  }

  #newRun(functionName: string, request: Uint8Array, answer: Run["answer"], callId: string | undefined): Run {
    const id = this.#nextId;
    this.#nextId = (id + 1) % ID_COUNT;
    const fn = this.#functions.get(functionName);
    return newRun({ id, functionName, fn, request, callId, queuedAtMs: this.#now(), answer });
  }

  /** With room in a thread a run does not count as queued, though it waits for the end of the turn. */
  #queueBound(): number {
    return this.#options.queueMax + this.#threads.capacity;
  }

  /** About as long as the queue takes to be served, from what the waiting functions cost; at least a second. */
  #retryAfterMs(): number {
    const ms = this.#queue.micros / 1_000 / Math.max(1, this.#threads.all.length);
    return Math.min(60_000, Math.max(1_000, Math.ceil(ms)));
  }

  /** Answers runs that nothing can come of now. */
  #refused(run: Run): boolean {
    const closedForMs = run.fn.quarantine.closedForMs(run.queuedAtMs);
    if (closedForMs > 0) {
      this.#fail(run, "FunctionUnavailable", quarantined(closedForMs));
    } else if (run.fn.openRuns > run.fn.concurrencyMax) {
      const message = `${run.fn.concurrencyMax} runs of it are under way, its concurrencyMax`;
      this.#open.fail(run, Status.THROTTLED, "FunctionBusy", message);
    } else if (this.#threads.unavailable) this.#fail(run, "PoolUnavailable", UNAVAILABLE);
    return run.answered;
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
    if (this.#queue.length === 0) return;
    const nowMs = this.#now();
    for (const [thread, runs] of this.#queue.takePreferring()) this.#sendPreferring(thread, runs, nowMs);
    while (this.#queue.length > 0) {
      const chunk = nextChunk(this.#queue, this.#threads.all, this.#options, nowMs);
      if (chunk === undefined) {
        this.#threads.grow();
        break;
      }
      this.#send(chunk.thread, chunk.runs, chunk.bytes, nowMs);
    }
    this.#watchStarts();
  }

  #send(thread: PoolThread, runs: readonly Run[], bytes: number, nowMs: number): void {
    thread.send(runs, bytes, nowMs);
    this.#counters.batchesSent++;
    this.#counters.runsSent += runs.length;
    this.#telemetry.emit({ type: "pool-batch-sent", runs: runs.length });
  }

  /** Those that do not fit into one message to their thread go wherever there is room. */
  #sendPreferring(thread: PoolThread, runs: readonly Run[], nowMs: number): void {
    const { batchRunsMax, batchBytesMax } = this.#options;
    const max = hasRoom(thread, nowMs) ? Math.min(batchRunsMax, thread.capacity) : 0;
    const sent: Run[] = [];
    let bytes = 0;
    let roomMicros = AHEAD_MICROS - thread.pendingMicros;
    for (const run of runs) {
      const isSmall = bytes + run.request.length <= batchBytesMax && run.costMicros <= roomMicros;
      if (sent.length < max && isSmall && !isIsolated(run)) {
        sent.push(run);
        bytes += run.request.length;
        roomMicros -= run.costMicros;
      } else this.#queue.push(run);
    }
    if (sent.length > 0) this.#send(thread, sent, bytes, nowMs);
  }

  /** Runs that their thread does not get round to starting move to another that has room. */
  #watchStarts(): void {
    if (this.#rescue !== undefined || this.#threads.all.length < 2) return;
    this.#rescue = setTimeout(() => {
      this.#rescue = undefined;
      const nowMs = this.#now();
      const silent = this.#threads.all.filter((thread) => nowMs - thread.silentSinceMs >= SILENT_MS);
      const others = this.#threads.all.filter((thread) => !silent.includes(thread) && thread.capacity > 0);
      if (silent.length > 0 && others.length > 0) {
        const moved = silent.flatMap((thread) => thread.seats.takeBackAll());
        this.#counters.runsMoved += moved.length;
        this.#queue.putBack(moved);
        this.#flush();
      }
      if (this.#threads.all.some((thread) => thread.silentSinceMs < nowMs)) this.#watchStarts();
    }, SILENT_MS);
    this.#rescue.unref();
  }

  #answered(thread: PoolThread, answers: readonly Answer[]): void {
    const answered = thread.settle(answers, this.#now());
    if (answered.length > 0) this.#threads.answered();
    for (const { run, answer } of answered) {
      if (run.callId !== undefined) this.#affinities.answered(run.callId, thread, answer.response);
    }
    this.#open.answer(answered);
    this.#threads.settled(thread);
    if (this.#queue.length > 0) this.#scheduleFlush();
  }

  #died(thread: PoolThread, death: Death, reason: EndReason): void {
    this.#affinities.threadDied(thread);
    const inFlight = thread.seats.clear();
    const isStopping = reason === "retired";
    const { guilty, innocent, givenUp } = isStopping
      ? { guilty: undefined, innocent: inFlight, givenUp: [] }
      : judge(death, inFlight);
    const repeated = innocent.filter((run) => !run.answered && !run.cancelled && !this.#threads.closed);
    this.#telemetry.emit({
      type: "pool-thread-died",
      threadId: thread.id,
      reason,
      text: death.text,
      functionName: guilty?.fn.name,
      runsRepeated: repeated.length,
    });
    if (guilty !== undefined) {
      guilty.fn.quarantine.threadDied(this.#now());
      this.#open.convict(guilty, death);
    }
    for (const run of givenUp) this.#fail(run, "ThreadLost", `its thread ended: ${death.text}`);
    for (const run of innocent) {
      if (run.cancelled) this.#fail(run, "RunCancelled", CANCELLED);
      else if (this.#threads.closed) this.#fail(run, "PoolClosed", STOPPING);
    }
    this.#counters.runsRepeated += repeated.length;
    this.#queue.putBack(repeated);
    this.#scheduleFlush();
  }

  /** A run that was not started is answered at once; another is asked to end, and answered without it after the grace. */
  #cancel(run: Run): void {
    if (run.answered || run.cancelled) return;
    run.cancelled = true;
    const thread = this.#threads.all.find((one) => one.seats.at(run.seat) === run);
    if (thread === undefined) this.#queue.forget(run);
    if (thread === undefined || thread.seats.takeBack(run)) {
      this.#fail(run, "RunCancelled", CANCELLED);
      return;
    }
    thread.cancel(run);
    setTimeout(() => this.#fail(run, "RunCancelled", CANCELLED), this.#options.cancelGraceMs);
  }

  #failWaiting(type: PoolErrorType, message: string): void {
    for (const run of this.#queue.takeAll()) this.#fail(run, type, message);
  }

  /** All these are worth another try, here or elsewhere. */
  #fail(run: Run, type: PoolErrorType, message: string): void {
    this.#open.fail(run, Status.TEMPORARY_ERROR, type, message);
  }
}

const UNAVAILABLE = "threads end again and again, see the log; runs are refused until one lives";
const STOPPING = "the service is stopping";
const CANCELLED = "the run was cancelled";

function quarantined(closedForMs: number): string {
  return `its runs ended several threads, see the log; it is not run for another ${Math.ceil(closedForMs)} ms`;
}
