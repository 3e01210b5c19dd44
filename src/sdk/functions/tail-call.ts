import type { Call } from "../call.ts";
import type { BlockingFunction } from "./blocking-function.ts";
import type { PrimitiveFunction } from "./primitive-function.ts";

/**
 * Thrown by a function to be replaced by another call, which keeps the id and the time of creation of this one. What
 * the function had under way is dropped.
 *
 * ```ts
 * throw new TailCall(finish.buildCall(order));
 * ```
 */
export class TailCall extends Error {
  readonly call: Call;

  constructor(call: Call) {
    super(`the run ends with a call of ${call.function} in its place`);
    this.call = call;
  }

  static {
    TailCall.prototype.name = "TailCall";
  }
}

/**
 * Thrown by a function to start afresh, as a call of `fn` with these arguments: for loops without end, whose state
 * would grow for ever otherwise.
 *
 * ```ts
 * const poll = dispatch.function("poll", async (cursor: number) => {
 *   const next = await fetchPage(cursor);
 *   throw new Reset(poll, next);
 * });
 * ```
 */
export class Reset<P extends unknown[] = never[]> extends TailCall {
  constructor(fn: PrimitiveFunction<P, unknown> | BlockingFunction<P, unknown>, ...args: P) {
    super(fn.buildCall(...args));
  }

  static {
    Reset.prototype.name = "Reset";
  }
}
