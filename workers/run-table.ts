/** The runs a thread has started and not yet answered: their time, their cancellation, their one answer. */
import { inspect } from "node:util";
import { failureResponse } from "../src/pool/failure-response.ts";
import type { OutgoingRun } from "../src/pool/protocol.ts";
import type { SharedState } from "../src/pool/shared-state.ts";
import { Status } from "../src/wire/gen/dispatch/sdk/v1/status_pb.js";
import type { Answers } from "./answers.ts";
import type { Runner } from "./runner.ts";
import { runningRun, StartedRun } from "./started-run.ts";

export interface RunTableOptions {
  runner: Runner;
  answers: Answers;
  shared: SharedState;
  runTimeoutMs: number;
  cancelGraceMs: number;
  responseBytesMax: number;
}

export class RunTable {
  readonly #options: RunTableOptions;
  /** In the order of their start, which is the order in which their time ends. */
  readonly #runs = new Map<number, StartedRun>();
  readonly #aborted = new Set<StartedRun>();

  constructor(options: RunTableOptions) {
    this.#options = options;
  }

  /** Starts a run, unless the front has taken it back. */
  start({ id, seat, request }: OutgoingRun): void {
    const { runner, shared } = this.#options;
    if (!shared.take(seat)) return;
    const run = new StartedRun(id, seat, performance.now());
    shared.runningSeat = seat;
    let response: Uint8Array | Promise<Uint8Array>;
    try {
      response = runningRun.run(run, callRunner, runner, request, run);
    } catch (error) {
      this.#answer(run, uncaughtResponse(error));
      return;
    } finally {
      shared.runningSeat = undefined;
      run.computingMs = performance.now() - run.startedAtMs;
    }
    if (!isThenable(response)) {
      this.#answer(run, response);
      return;
    }
    this.#runs.set(id, run);
    response.then(
      (bytes) => this.#answer(run, bytes),
      (error) => this.#answer(run, uncaughtResponse(error)),
    );
  }

  cancel(id: number): void {
    const run = this.#runs.get(id);
    if (run !== undefined) this.#abort(run, new DOMException("the run was cancelled", "AbortError"));
  }

  /** Answers a run that failed by something its promise does not know of. */
  fail(run: StartedRun, message: string): void {
    this.#answer(run, failureResponse(Status.PERMANENT_ERROR, "UncaughtError", message));
  }

  /** Tells runs whose time is over to end, and answers those that did not. */
  expire(nowMs: number): void {
    const { runTimeoutMs } = this.#options;
    for (const run of this.#runs.values()) {
      if (nowMs - run.startedAtMs < runTimeoutMs) break;
      this.#abort(run, new DOMException(`the run took longer than ${runTimeoutMs} ms`, "TimeoutError"));
    }
    for (const run of this.#aborted) if (nowMs >= run.graceEndsAtMs) this.#answer(run, abortedResponse(run));
  }

  #abort(run: StartedRun, reason: Error): void {
    if (run.reason !== undefined) return;
    this.#aborted.add(run);
    run.graceEndsAtMs = performance.now() + this.#options.cancelGraceMs;
    run.abort(reason);
  }

  /** The first answer counts; a function that ends after its time was answered for is not heard. */
  #answer(run: StartedRun, response: Uint8Array): void {
    if (run.answered) return;
    run.answered = true;
    this.#runs.delete(run.id);
    if (run.reason !== undefined) this.#aborted.delete(run);
    const { id, seat, startedAtMs, computingMs } = run;
    this.#options.answers.add({
      id,
      seat,
      durationMicros: micros(performance.now() - startedAtMs),
      computingMicros: micros(computingMs),
      response: this.#checked(response),
    });
  }

  #checked(response: Uint8Array): Uint8Array {
    if (!(response instanceof Uint8Array)) {
      const message = `a run was answered with ${inspect(response, { depth: 0 })}, which is no bytes`;
      return failureResponse(Status.PERMANENT_ERROR, "UncaughtError", message);
    }
    const { responseBytesMax } = this.#options;
    if (response.length <= responseBytesMax) return response;
    const message = `the response has ${response.length} bytes, at most ${responseBytesMax} are allowed`;
    return failureResponse(Status.INVALID_RESPONSE, "ResponseTooLarge", message);
  }
}

const callRunner = (runner: Runner, request: Uint8Array, run: StartedRun) => runner.run(request, run);

const isThenable = (response: unknown): response is Promise<Uint8Array> =>
  typeof (response as { then?: unknown } | undefined)?.then === "function";

const micros = (ms: number) => Math.min(0xffff_ffff, Math.round(ms * 1_000));

function abortedResponse({ reason }: StartedRun): Uint8Array {
  const message = `${reason?.message}, and did not end when it was told to`;
  return reason?.name === "TimeoutError"
    ? failureResponse(Status.TIMEOUT, "RunTimeout", message)
    : failureResponse(Status.TEMPORARY_ERROR, "RunCancelled", message);
}

/** The runner answers every failure of a function itself; this is for what it did not foresee. */
function uncaughtResponse(error: unknown): Uint8Array {
  return failureResponse(Status.PERMANENT_ERROR, "UncaughtError", inspect(error));
}
