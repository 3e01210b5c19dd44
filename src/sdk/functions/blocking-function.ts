import type { Call } from "../call.ts";
import type { AsyncFunction } from "./async-function.ts";

export class BlockingFunction<P extends unknown[] = never[], R = unknown> {
  readonly #fn: AsyncFunction<P, R>;

  constructor(fn: AsyncFunction<P, R>) {
    this.#fn = fn;
  }

  buildCall(...args: P): Call {
    return this.#fn.buildCall(...args);
  }
}
