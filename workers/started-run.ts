/** One run that the thread has started. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { RunContext } from "./runner.ts";

/** Which run the executing code belongs to, also after awaits: how an exit or an uncaught error finds its run. */
export const runningRun = new AsyncLocalStorage<StartedRun>();

export class StartedRun implements RunContext {
  readonly id: number;
  readonly seat: number;
  readonly startedAtMs: number;
  /** How long its first stretch of code occupied the thread. */
  computingMs = 0;
  answered = false;
  /** Why it was told to end; undefined while it was not. */
  reason: Error | undefined;
  /** When it is answered without its function. */
  graceEndsAtMs = Number.POSITIVE_INFINITY;
  #controller: AbortController | undefined;

  constructor(id: number, seat: number, startedAtMs: number) {
    this.id = id;
    this.seat = seat;
    this.startedAtMs = startedAtMs;
  }

  /** Most functions never look at it, and making one costs more than running a small function. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.reason !== undefined) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.reason = reason;
    // What listeners do, and throw, belongs to the run.
    runningRun.run(this, () => this.#controller?.abort(reason));
  }
}
