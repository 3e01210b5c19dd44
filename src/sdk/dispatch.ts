/** The face of the SDK for programs that need one set of functions: everything in the default registry. */
import { registerSerializable } from "../wire/graph/index.ts";
import { decodeArguments } from "../wire/values/index.ts";
import type { Batch } from "./batch.ts";
import { Call, type CallInit } from "./call.ts";
import { makeCall } from "./functions/make-call.ts";
import { defaultRegistry } from "./registry/default-registry.ts";
import type { Registry } from "./registry/registry.ts";
import { currentRun, type RunContext } from "./run-context.ts";
import { runWithService, type ServiceOptions, serve } from "./service-seam.ts";

type Face = Pick<Registry, "function" | "primitiveFunction">;

/**
 * ```ts
 * import { dispatch } from "dispatch-ts";
 *
 * export const greet = dispatch.function("greet", async (name: string) => `Hello ${name}`);
 * ```
 */
export const dispatch = {
  /** As `Registry.function`, in the default registry. */
  function: ((...args: Parameters<Face["function"]>) =>
    defaultRegistry().function(...args)) as Face["function"],

  /** As `Registry.primitiveFunction`, in the default registry. */
  primitiveFunction: ((...args: Parameters<Face["primitiveFunction"]>) =>
    defaultRegistry().primitiveFunction(...args)) as Face["primitiveFunction"],

  /** A new, empty batch of calls, dispatched through the default registry's client. */
  batch(): Batch {
    return defaultRegistry().batch();
  },

  /**
   * Calls a function by its name, for one that this program does not declare: of another application, or in another
   * language. Inside a run it is a call of that run; outside it is dispatched and its result waited for.
   *
   * ```ts
   * const text = await dispatch.call<string>({ function: "greet", args: ["World"], endpoint: "https://example.com" });
   * ```
   *
   * @throws what the function throws, and `ClientError` when the API refuses the call or cannot be reached
   */
  call<R = unknown>(init: Call | CallInit): Promise<R> {
    try {
      const { function: name, endpoint, input, options } = init instanceof Call ? init : new Call(init);
      // The arguments again, since the runtime of a run encodes its calls itself. What cannot be read stays encoded.
      const call = { function: name, endpoint, args: decodeArguments(input), options };
      return makeCall(call, () => defaultRegistry().client, dispatch.call) as Promise<R>;
    } catch (error) {
      return Promise.reject(error);
    }
  },

  /**
   * Lets instances of a class be arguments, results and variables held across an await.
   *
   * ```ts
   * dispatch.serializable(Money);
   * dispatch.serializable(Account, { toState: (a) => a.balance, fromState: (balance: number) => new Account(balance) });
   * ```
   *
   * @throws {TypeError} when the class hides state and no `toState` and `fromState` are given
   */
  serializable: registerSerializable,

  /** The run that the running code belongs to: its ids, times, attempt and abort signal. Undefined outside of a run. */
  current(): RunContext | undefined {
    return currentRun();
  },

  /**
   * Starts a service with this program's functions, runs `main` with it, and stops it. For programs and scripts that
   * need no service beside them.
   *
   * ```ts
   * await dispatch.run(async () => console.log(await greet("World")));
   * ```
   */
  run<T>(main: () => T | PromiseLike<T>, options: ServiceOptions = {}): Promise<T | undefined> {
    return runWithService(main, options);
  },

  /** Starts a service with this program's functions, and resolves when it has stopped. */
  serve(options: ServiceOptions = {}): Promise<void> {
    return serve(options);
  },
};
