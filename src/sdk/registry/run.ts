/** One run: request in, response out. Never rejects. */
import { type RunRequest, readRunRequest } from "../../wire/hot-path/index.ts";
import {
  InvalidArgumentError,
  NotFoundError,
  PermanentError,
  TimeoutError,
} from "../errors/dispatch-error.ts";
import type { PrimitiveFunction } from "../functions/primitive-function.ts";
import { Input } from "../input.ts";
import { Output } from "../output.ts";
import { enterRun } from "../run-context.ts";

export interface RunOptions {
  /** Given to the function; its abort asks the function to end, and does not end the run by itself. */
  readonly signal?: AbortSignal | undefined;
  /** Which attempt of the call this is, counted from 1. */
  readonly attempt?: number | undefined;
}

/** A primitive function broke its contract: it threw, or answered with something that is no Output. */
export class FatalError extends PermanentError {
  static {
    FatalError.prototype.name = "FatalError";
  }
}

export async function runRequest(
  find: (name: string) => PrimitiveFunction | undefined,
  bytes: Uint8Array,
  options: RunOptions,
): Promise<Output> {
  let request: RunRequest;
  try {
    request = readRunRequest(bytes);
  } catch (cause) {
    return Output.error(new InvalidArgumentError("malformed run request", { cause }));
  }
  if (request.function === "") return Output.error(new InvalidArgumentError("function is required"));
  if (request.input === undefined && request.pollResult === undefined) {
    return Output.error(new InvalidArgumentError("input or poll_result is required"));
  }
  const fn = find(request.function);
  if (fn === undefined)
    return Output.error(new NotFoundError(`function '${request.function}' does not exist`));
  const { timeoutMs } = fn.options;
  if (timeoutMs === undefined) return runOnce(fn, request, options);
  return runWithTimeout(fn, request, options, timeoutMs);
}

async function runOnce(fn: PrimitiveFunction, request: RunRequest, options: RunOptions): Promise<Output> {
  const input = new Input(request, options, fn.registry);
  try {
    const output = await enterRun(input, () => fn.run(input));
    if (output instanceof Output) return output;
    return Output.error(
      new FatalError(`function '${fn.name}' fatal error: it did not answer with an Output`),
    );
  } catch (cause) {
    return Output.error(new FatalError(`function '${fn.name}' fatal error`, { cause }));
  }
}

/** A function that does not heed its signal goes on in the dark; its answer is not waited for. */
async function runWithTimeout(
  fn: PrimitiveFunction,
  request: RunRequest,
  options: RunOptions,
  timeoutMs: number,
): Promise<Output> {
  const controller = new AbortController();
  const { signal } = options;
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<Output>((resolve) => {
    timer = setTimeout(() => {
      const error = new TimeoutError(
        `function '${fn.name}' did not end within its timeoutMs of ${timeoutMs}`,
      );
      controller.abort(error);
      resolve(Output.error(error));
    }, timeoutMs);
  });
  try {
    const { attempt } = options;
    return await Promise.race([runOnce(fn, request, { attempt, signal: controller.signal }), timedOut]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
