/** Why the pool does not take a run. Everything that happens to a run it took is a RunResponse instead. */

/** The queue is at its bound. Thrown at once, before memory is used. */
export class PoolFullError extends Error {
  override readonly name = "PoolFullError";
  /** When trying again is reasonable, milliseconds from now. */
  readonly retryAfterMs: number;

  constructor(queued: number, retryAfterMs: number) {
    super(`the queue of the pool is full (${queued} runs waiting)`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The pool drains or is closed. */
export class PoolClosedError extends Error {
  override readonly name = "PoolClosedError";

  constructor() {
    super("the pool is closed");
  }
}

/** A thread could not load the functions; the cause's stack says where. */
export class ThreadStartError extends Error {
  override readonly name = "ThreadStartError";
}
