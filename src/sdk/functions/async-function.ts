import type { Input } from "../input.ts";
import type { Registry } from "../registry/registry.ts";
import type { CallOptions } from "../scope.ts";
import type { FunctionOptions } from "./function-options.ts";
import { mergeCallOptions, PrimitiveFunction } from "./primitive-function.ts";
import { runDriver } from "./run-driver.ts";

/** What a user writes: a function, usually async, whose parameters and result can be carried. */
export type Implementation<P extends unknown[] = never[], R = unknown> = (...args: P) => R | PromiseLike<R>;

export interface AsyncFunctionInit<P extends unknown[], R> {
  readonly registry: Registry;
  readonly name: string;
  readonly options: FunctionOptions;
  readonly implementation: Implementation<P, R>;
  readonly callOptions?: CallOptions;
}

/**
 * A durable function: calling it records the call, and a run of it is retried by the category of its failure.
 *
 * ```ts
 * const greet = dispatch.function("greet", async (name: string) => `Hello ${name}`);
 *
 * await greet("World");                              // call, and wait for the result
 * const id = await greet.dispatch("World");          // call, and go on
 * await greet.with({ expirationMs: 5_000 })("World");
 * ```
 *
 * Inside a run of another durable function, calling it makes a call of that run: the caller is suspended, and the
 * same awaits, `Promise.all` included, work as with any async function.
 */
export class AsyncFunction<P extends unknown[] = never[], R = unknown> extends PrimitiveFunction<P, R> {
  /** The function as the user wrote it. */
  readonly implementation: Implementation<P, R>;

  constructor(init: AsyncFunctionInit<P, R>) {
    const { implementation, ...rest } = init;
    super({
      ...rest,
      length: implementation.length,
      primitive: (input: Input) => runDriver().run(this as unknown as AsyncFunction, input),
    });
    this.implementation = implementation;
  }

  /**
   * The same function, whose calls have these options on top of those it has already.
   *
   * @throws {RangeError | TypeError} when an option does not exist or is out of its bounds
   */
  with(options: CallOptions): AsyncFunction<P, R> {
    return new AsyncFunction({
      registry: this.registry,
      name: this.name,
      options: this.options,
      implementation: this.implementation,
      callOptions: mergeCallOptions(this.callOptions, options),
    });
  }
}
