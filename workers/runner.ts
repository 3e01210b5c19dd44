/** The seam between a pool thread and what runs in it. */
import type { FunctionInfo } from "../src/pool/protocol.ts";

/** Loads the modules, once a thread, and gives what runs their functions. Throws what a module throws. */
export type CreateRunner = (modules: readonly string[]) => Promise<Runner>;

export interface Runner {
  readonly functions: FunctionInfo[];
  /** RunRequest bytes in, RunResponse bytes out. A rejection is a fault of the runner and ends the thread's trust. */
  run(request: Uint8Array, context: RunContext): Uint8Array | Promise<Uint8Array>;
}

export interface RunContext {
  /** Aborted when the caller cancels or the run's time is over; made when first asked for. */
  readonly signal: AbortSignal;
}
