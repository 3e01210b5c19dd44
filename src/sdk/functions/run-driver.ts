import { IncompatibleStateError } from "../errors/dispatch-error.ts";
import type { Input } from "../input.ts";
import { Output } from "../output.ts";
import type { AsyncFunction } from "./async-function.ts";
import { TailCall } from "./tail-call.ts";

/**
 * How one run of an async function is carried out. The coroutine runtime sets its own, which suspends and resumes;
 * without it functions run to their end.
 */
export interface RunDriver {
  /** Must not reject: whatever goes wrong is an `Output.error`. */
  run(fn: AsyncFunction, input: Input): Promise<Output>;
}

let driver: RunDriver | undefined;

/** From now on runs go through `next`; undefined brings back the plain driver. */
export function setRunDriver(next: RunDriver | undefined): void {
  driver = next;
}

export function runDriver(): RunDriver {
  return driver ?? plainDriver;
}

/** Calls the function as it is and waits for its end. */
export const plainDriver: RunDriver = {
  async run(fn, input) {
    try {
      if (input.isResume) {
        throw new IncompatibleStateError(
          `function '${fn.name}' cannot be resumed: it is not compiled as a coroutine`,
        );
      }
      const { implementation } = fn;
      return Output.value(await implementation(...(input.inputArguments as never[])));
    } catch (error) {
      return outputOfThrown(error);
    }
  },
};

/** What a run ends with that threw `error`: a tail call replaces it, all else is its failure. */
export function outputOfThrown(error: unknown): Output {
  return error instanceof TailCall ? Output.tailCall(error.call) : Output.error(error);
}
