/** What a function can know about the run it is in. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface RunContext {
  /** Name under which the function was called. */
  readonly function: string;
  /** Id of the call; the same in every attempt and after every suspension. Empty when the runner gave none. */
  readonly dispatchId: string;
  /** Id of the call that made this one; empty for a call that no other call made. */
  readonly parentDispatchId: string;
  /** Id of the call at the top of the tree; empty when the runner gave none. */
  readonly rootDispatchId: string;
  /** When the call was dispatched. */
  readonly creationTime: Date | undefined;
  /** When the call fails with TIMEOUT if it has not ended; undefined for no limit. */
  readonly expirationTime: Date | undefined;
  /** Which attempt of the call this is, counted from 1; undefined where the runner does not say. */
  readonly attempt: number | undefined;
  /** Aborted when the run is to end: the call was cancelled, timed out, or the service stops. */
  readonly signal: AbortSignal;
  /** The registry whose function runs; undefined for an input made by hand. */
  readonly owner: object | undefined;
}

const storage = new AsyncLocalStorage<RunContext>();

/** The run that the running code belongs to, or undefined outside of any. */
export function currentRun(): RunContext | undefined {
  return storage.getStore();
}

/** Runs `body`, and all it starts, as part of a run. */
export function enterRun<T>(context: RunContext, body: () => T): T {
  return storage.run(context, body);
}
