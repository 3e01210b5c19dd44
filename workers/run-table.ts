/** The runs a thread has started and not yet answered: their time, their cancellation, their one answer. */
import { AsyncLocalStorage } from "node:async_hooks";
import { failureResponse } from "../src/pool/failure-response.ts";
import type { OutgoingRun } from "../src/pool/protocol.ts";
import type { SharedState } from "../src/pool/shared-state.ts";
import { Status } from "../src/wire/gen/dispatch/sdk/v1/status_pb.js";
import type { Answers } from "./answers.ts";
import type { RunContext, Runner } from "./runner.ts";

/** Which run the executing code belongs to, also after awaits: how an exit or an uncaught error finds its run. */
export const runningSlot = new AsyncLocalStorage<number>();

export interface RunTableOptions {
  runner: Runner;
  answers: Answers;
  shared: SharedState;
  runTimeoutMs: number;
  cancelGraceMs: number;
}

class StartedRun implements RunContext {
  readonly slot: number;
  readonly startedAtMs: number;
  computingMs = 0;
  /** Set once it was told to end: when it is answered without its function. */
  graceEndsAtMs = Number.POSITIVE_INFINITY;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor(slot: number, startedAtMs: number) {
    this.slot = slot;
    this.startedAtMs = startedAtMs;
  }

  /** Most functions never look at it, and making one costs more than running a small function. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}

export class RunTable {
  readonly #options: RunTableOptions;
  /** In the order of their start, which is the order in which their time ends. */
  readonly #runs = new Map<number, StartedRun>();
  readonly #aborted = new Set<StartedRun>();

  constructor(options: RunTableOptions) {
    this.#options = options;
  }

  start({ slot, request }: OutgoingRun): void {
    const { runner, shared } = this.#options;
    const run = new StartedRun(slot, performance.now());
    this.#runs.set(slot, run);
    shared.runningSlot = slot;
    try {
      const response = runningSlot.run(slot, () => runner.run(request, run));
      run.computingMs = performance.now() - run.startedAtMs;
      if (response instanceof Uint8Array) this.#answer(run, response);
      else
        response.then(
          (bytes) => this.#answer(run, bytes),
          (error) => this.#answer(run, faultResponse(error)),
        );
    } catch (error) {
      this.#answer(run, faultResponse(error));
    } finally {
      shared.runningSlot = undefined;
    }
  }

  cancel(slot: number): void {
    const run = this.#runs.get(slot);
    if (run !== undefined) this.#abort(run, new DOMException("the run was cancelled", "AbortError"));
  }

  /** Tells runs whose time is over to end, and answers those that did not. */
  expire(nowMs: number): void {
    const { runTimeoutMs } = this.#options;
    for (const run of this.#runs.values()) {
      if (nowMs - run.startedAtMs < runTimeoutMs) break;
      this.#abort(run, new DOMException(`the run took longer than ${runTimeoutMs} ms`, "TimeoutError"));
    }
    for (const run of this.#aborted) {
      if (nowMs < run.graceEndsAtMs) continue;
      this.#answer(
        run,
        failureResponse(Status.TIMEOUT, "RunTimeout", `the run took longer than ${runTimeoutMs} ms`),
      );
    }
  }

  #abort(run: StartedRun, reason: Error): void {
    if (this.#aborted.has(run)) return;
    this.#aborted.add(run);
    run.graceEndsAtMs = performance.now() + this.#options.cancelGraceMs;
    run.abort(reason);
  }

  /** The first answer counts; a function that ends after its time was answered for is not heard. */
  #answer(run: StartedRun, response: Uint8Array): void {
    if (!this.#runs.delete(run.slot)) return;
    this.#aborted.delete(run);
    const durationMs = performance.now() - run.startedAtMs;
    this.#options.answers.add({
      slot: run.slot,
      durationMicros: micros(durationMs),
      computingMicros: micros(run.computingMs === 0 ? durationMs : run.computingMs),
      response,
    });
  }
}

const micros = (ms: number) => Math.min(0xffff_ffff, Math.round(ms * 1_000));

/** The runner answers every failure of a function itself; this is for what it did not foresee. */
function faultResponse(error: unknown): Uint8Array {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return failureResponse(Status.PERMANENT_ERROR, "UncaughtError", message);
}
