import { Call } from "../call.ts";
import { checkCallOptions } from "../call-options.ts";
import type { DispatchId } from "../client/client.ts";
import type { Input } from "../input.ts";
import type { Output } from "../output.ts";
import type { Registry } from "../registry/registry.ts";
import { currentRun } from "../run-context.ts";
import type { CallOptions, DurableCall } from "../scope.ts";
import { Callable } from "./callable.ts";
import type { FunctionOptions } from "./function-options.ts";
import { makeCall } from "./make-call.ts";

/** Takes an `Input`, answers with an `Output`, and does not throw. */
export type PrimitiveFunctionType = (input: Input) => Promise<Output> | Output;

export interface PrimitiveFunctionInit {
  readonly registry: Registry;
  readonly name: string;
  readonly options: FunctionOptions;
  readonly primitive: PrimitiveFunctionType;
  /** Number of parameters, for the `length` of the function. */
  readonly length: number;
  readonly callOptions?: CallOptions;
}

export interface PrimitiveFunction<P extends unknown[] = never[], R = unknown> {
  /**
   * Calls the function durably. Inside a run the call belongs to the run; outside it is dispatched through the
   * registry's client and its result waited for.
   */
  // biome-ignore lint/style/useShorthandFunctionType: an interface merges with the class
  (...args: P): Promise<R>;
}

/**
 * A function registered in its primitive form. What calls it uses `name` and arguments, as for any other.
 *
 * Applications get these from `dispatch.primitiveFunction`, and `AsyncFunction` from `dispatch.function`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor returns a function, see Callable
export class PrimitiveFunction<P extends unknown[] = never[], R = unknown> extends Callable {
  /** Name under which the function is called. */
  declare readonly name: string;
  readonly registry: Registry;
  readonly options: FunctionOptions;
  readonly #primitive: PrimitiveFunctionType;
  readonly #callOptions: CallOptions;

  constructor(init: PrimitiveFunctionInit) {
    super(init.name, init.length, (self: PrimitiveFunction<P, R>, args) => self.#call(args));
    this.registry = init.registry;
    this.options = init.options;
    this.#primitive = init.primitive;
    this.#callOptions = init.callOptions ?? {};
  }

  /**
   * Dispatches a call without waiting for its result.
   *
   * @returns the id of the call, once it is recorded durably
   * @throws {ClientError} when the API refuses the call or cannot be reached
   * @throws {ConfigurationError} when the key or the endpoint is missing
   */
  async dispatch(...args: P): Promise<DispatchId> {
    const [id] = await this.registry.client.dispatch([this.buildCall(...args)]);
    return id as DispatchId;
  }

  /**
   * Makes a call without dispatching it, for `Client.dispatch` and `Batch.addCall`.
   *
   * @throws {ValueError} when an argument cannot be carried, naming its path
   */
  buildCall(...args: P): Call {
    return Call.of(this.#durableCall(args, this.registry.configuredEndpoint ?? ""));
  }

  /** The function's primitive form: what a runner calls. */
  run(input: Input): Promise<Output> | Output {
    return this.#primitive(input);
  }

  /** Options of the calls made through this object, see {@link AsyncFunction.with}. */
  get callOptions(): CallOptions {
    return this.#callOptions;
  }

  // Without P: a method's parameters would make every function a type apart, private or not.
  #call(args: unknown[]): Promise<R> {
    const own = currentRun()?.owner === this.registry;
    const endpoint = own ? "" : (this.registry.configuredEndpoint ?? "");
    return makeCall(this.#durableCall(args, endpoint), () => this.registry.client, this) as Promise<R>;
  }

  #durableCall(args: unknown[], endpoint: string): DurableCall {
    const { expirationMs } = this.options;
    const options = { ...(expirationMs !== undefined && { expirationMs }), ...this.#callOptions };
    return { endpoint, function: this.name, args, options };
  }
}

/** @throws {RangeError | TypeError} as `checkCallOptions` does */
export function mergeCallOptions(base: CallOptions, more: CallOptions): CallOptions {
  const { retry, ...checkedMore } = checkCallOptions(more);
  return checkCallOptions({ ...base, ...checkedMore, ...(retry && { retry: { ...base.retry, ...retry } }) });
}
