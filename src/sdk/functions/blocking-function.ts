import { readCallResultMessage } from "../../wire/hot-path/index.ts";
import { dispatchAndBlock } from "../blocking/helper.ts";
import type { Call } from "../call.ts";
import { CallResult } from "../call-result.ts";
import type { DispatchId } from "../client/client.ts";
import { callSite } from "../errors/call-site.ts";
import { currentRun } from "../run-context.ts";
import { hostsService } from "../service-seam.ts";
import { Callable } from "./callable.ts";
import type { PrimitiveFunction } from "./primitive-function.ts";

export interface BlockingOptions {
  /** Gives up waiting for a result after this long, 1 ms to 10 years; the call goes on. Default: never. */
  readonly timeoutMs?: number;
}

export interface BlockingFunction<P extends unknown[] = never[], R = unknown> {
  /**
   * Calls the function and blocks the thread until its result is there.
   *
   * @throws what the function throws, and `ClientError` when the API refuses the call or cannot be reached
   */
  // biome-ignore lint/style/useShorthandFunctionType: an interface merges with the class
  (...args: P): R;
}

/**
 * A durable function for code that cannot await: scripts, consoles, synchronous callbacks of a framework. A helper
 * thread makes the call while this one is really blocked: no timer runs, no other request is served.
 *
 * ```ts
 * const greetNow = new BlockingFunction(greet);
 * console.log(greetNow("World"));
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor returns a function, see Callable
export class BlockingFunction<P extends unknown[] = never[], R = unknown> extends Callable {
  declare readonly name: string;
  readonly #fn: PrimitiveFunction<P, R>;
  readonly #options: BlockingOptions;

  constructor(fn: PrimitiveFunction<P, R>, options: BlockingOptions = {}) {
    super(fn.name, fn.length, (self: BlockingFunction<P, R>, args) => self.#call(args));
    this.#fn = fn;
    this.#options = options;
  }

  /** Dispatches a call and blocks until it is recorded. @returns the id of the call */
  dispatch(...args: P): DispatchId {
    return this.#block(args, false).dispatchId;
  }

  /** As {@link PrimitiveFunction.buildCall}. */
  buildCall(...args: P): Call {
    return this.#fn.buildCall(...args);
  }

  #call(args: unknown[]): R {
    const { dispatchId, result } = this.#block(args, true);
    const message = readCallResultMessage(result as Uint8Array);
    return new CallResult({ ...message, dispatchId }).unwrap({ via: this.name, site: callSite(this) }) as R;
  }

  #block(args: unknown[], wait: boolean): { dispatchId: string; result: Uint8Array | undefined } {
    if (currentRun() !== undefined) {
      throw new TypeError(`cannot block inside a run: await '${this.name}' itself`);
    }
    if (hostsService()) {
      throw new TypeError(`cannot block the thread that the service runs on: await '${this.name}' itself`);
    }
    const { registry } = this.#fn;
    return dispatchAndBlock(registry.client.connection, this.buildCall(...(args as P)), {
      ...this.#options,
      wait,
    });
  }
}
