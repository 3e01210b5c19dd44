/** Durable calls and sleeps, as user code makes them. */
import { type CallOptions, currentScope } from "../sdk/scope.ts";
import { Coroutine } from "./coroutine.ts";

/**
 * Calls a function by name, wherever it is registered; `dispatch.function` objects are called directly instead.
 * The call starts at once and its result is awaited: two calls made before the first await run concurrently.
 *
 * @throws Error outside of a durable function.
 */
export function call(functionName: string, ...args: unknown[]): Promise<unknown> {
  return callWith({}, functionName, ...args);
}

/** {@link call} with options for this one call. */
export function callWith(
  options: CallOptions & { endpoint?: string },
  functionName: string,
  ...args: unknown[]
): Promise<unknown> {
  const scope = currentScope();
  if (!scope) throw new Error(`call(${JSON.stringify(functionName)}) outside of a durable function`);
  const { endpoint = "", ...rest } = options;
  return scope.call({ endpoint, function: functionName, args, options: rest }) as Promise<unknown>;
}

/**
 * Waits without a thread or a timer of this process: the coroutine is suspended, and the scheduler wakes it. Below
 * one second, and outside of a durable function, it waits in place.
 */
export function sleep(ms: number): Promise<void> {
  const scope = currentScope();
  if (scope instanceof Coroutine) return scope.sleepUntil(scope.nowMs() + ms) as unknown as Promise<void>;
  return new Promise((resolve) => setTimeout(resolve, ms));
}
