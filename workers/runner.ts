/** The seam between a pool thread and what runs in it. */
import type { FunctionInfo, ThreadNotice } from "../src/pool/protocol.ts";

/**
 * Loads the modules, once a thread, and gives what runs their functions. Throws what a module throws.
 *
 * @param setupModules URLs of modules that prepare the thread before any function is loaded, in this order
 * @param env what they are told. Default: the environment of the thread.
 * @param notice tells the operator. Default: they warn by `process.emitWarning`.
 */
export type CreateRunner = (
  modules: readonly string[],
  setupModules?: readonly string[],
  env?: SetupEnvironment,
  notice?: (notice: ThreadNotice) => void,
) => Promise<Runner>;

export type SetupEnvironment = Readonly<Record<string, string | undefined>>;

/** What a setup module exports: module hooks are installed here, drivers of runs set, an SDK for tracing begun. */
export interface SetupModule {
  setup?(env: SetupEnvironment, notice?: (notice: ThreadNotice) => void): void | Promise<void>;
  /** Called before a thread is ended in order: the last moment to send what was gathered. */
  shutdown?(): void | Promise<void>;
}

export interface Runner {
  readonly functions: FunctionInfo[];
  /**
   * RunRequest bytes in, RunResponse bytes out. It answers failures of functions itself: what it throws, rejects with,
   * or gives that is no bytes is answered as an UncaughtError of the run.
   */
  run(request: Uint8Array, context: RunContext): Uint8Array | Promise<Uint8Array>;
  /** Shuts the setup modules down, the last one first. Rejects with what one of them failed with. */
  shutdown?(): Promise<void>;
}

export interface RunContext {
  /** Aborted when the caller cancels or the run's time is over; made when first asked for. */
  readonly signal: AbortSignal;
}
