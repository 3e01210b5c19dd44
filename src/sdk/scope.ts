/**
 * A scope is where a durable function is called from: inside a run, the call belongs to the coroutine that
 * makes it; outside, there is no scope and the call is dispatched through the client.
 *
 * The SDK owns this seam and knows nothing of coroutines; the coroutine runtime enters a scope around every
 * step it takes.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** How long, when and how often a call runs. Every field is optional; absent means the function's own setting. */
export interface CallOptions {
  /** The call fails with TIMEOUT when it has not ended after this many milliseconds, retries included. */
  expirationMs?: number;
  /** The call starts no sooner than this many milliseconds from now. */
  delayMs?: number;
  /**
   * Calls with the same key are one call, for as long as the scheduler keeps the key. For calls that are dispatched:
   * a call that a durable function makes and waits for is made once in any case, and refused with a key.
   */
  idempotencyKey?: string;
  retry?: RetryOptions;
  /** Higher runs first among ready calls of the same function, -100 to 100. Default: 0. */
  priority?: number;
}

/** Backoff between attempts: full jitter over `min(cap, first * factor^n)`. */
export interface RetryOptions {
  /** Attempts at the most, the first included; 1 means no retry. */
  attemptsMax?: number;
  firstDelayMs?: number;
  factor?: number;
  delayMsMax?: number;
}

export interface DurableCall {
  /** Endpoint URL; empty means the endpoint of the caller. */
  readonly endpoint: string;
  readonly function: string;
  readonly args: readonly unknown[];
  readonly options: CallOptions;
}

export interface CallScope {
  /** Starts the call now (two calls made before the first await run concurrently); settles with its result. */
  call(call: DurableCall): PromiseLike<unknown>;
}

const storage = new AsyncLocalStorage<CallScope>();

/** The scope the running code is in, or undefined outside of any run. */
export function currentScope(): CallScope | undefined {
  return storage.getStore();
}

/** Runs `body`, and all it starts, inside `scope`. */
export function enterScope<T>(scope: CallScope, body: () => T): T {
  return storage.run(scope, body);
}
