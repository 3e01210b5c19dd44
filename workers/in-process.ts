/**
 * Functions in the process of the HTTP front, without a pool: the yardstick of the benchmarks and the quickest way
 * to debug. A function that computes delays every request, and one that never ends stops the process.
 */
import type { FunctionInfo, ThreadNotice } from "../src/pool/protocol.ts";
import { coroutineSetup } from "../src/pool/thread-code.ts";
import type { Runner, SetupEnvironment } from "./runner.ts";
import { createRunner } from "./sdk-runner.ts";

export class InProcessRunner {
  readonly #modules: readonly string[];
  readonly #env: SetupEnvironment;
  readonly #notice: ((notice: ThreadNotice) => void) | undefined;
  #runner: Runner | undefined;
  #inFlight = 0;
  #whenIdle: (() => void) | undefined;

  /**
   * @param env what a thread of the pool would have in its environment
   * @param notice tells the operator. Default: `process.emitWarning`.
   */
  constructor(modules: readonly string[], env: SetupEnvironment, notice?: (notice: ThreadNotice) => void) {
    this.#modules = modules;
    this.#env = env;
    this.#notice = notice;
  }

  async start(): Promise<FunctionInfo[]> {
    this.#runner = await createRunner(this.#modules, [coroutineSetup], this.#env, this.#notice);
    return this.#runner.functions;
  }

  async run(_name: string, request: Uint8Array, options?: { signal?: AbortSignal }): Promise<Uint8Array> {
    this.#inFlight++;
    try {
      return await this.#runner!.run(request, (options ?? NEVER) as { signal: AbortSignal });
    } finally {
      if (--this.#inFlight === 0) this.#whenIdle?.();
    }
  }

  /** Resolves when no run is under way, or after the deadline. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
      setTimeout(resolve, deadlineMs).unref();
    });
  }

  async close(): Promise<void> {}
}

const NEVER = {
  get signal() {
    return new AbortController().signal;
  },
};
