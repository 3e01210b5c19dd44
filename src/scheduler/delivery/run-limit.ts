import { Status } from "../../wire/status.ts";
import { type Failure, failure } from "./failure.ts";

/** Joins the caller's signal with the time limit, and remembers which of them it was. */
export class RunLimit {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #caller: AbortSignal;
  readonly #timeoutMs: number;
  readonly #onAbort = () => this.#controller.abort();
  #timedOut = false;

  constructor(caller: AbortSignal, timeoutMs: number) {
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
    // Beyond what a timer holds, a limit of 24 days is as good as any.
    this.#timer = setTimeout(() => this.#expire(), Math.min(timeoutMs, 2 ** 31 - 1));
    caller.addEventListener("abort", this.#onAbort, { once: true });
    if (caller.aborted) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the run was ended, or undefined when neither the limit nor the caller ended it. */
  failure(): Failure | undefined {
    if (this.#timedOut) {
      return failure(Status.TIMEOUT, `no answer within ${this.#timeoutMs} ms`);
    }
    return this.#caller.aborted ? failure(Status.TIMEOUT, "the run was aborted") : undefined;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener("abort", this.#onAbort);
  }

  #expire(): void {
    this.#timedOut = true;
    this.#controller.abort();
  }
}
