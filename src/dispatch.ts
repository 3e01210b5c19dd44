/**
 * The face of the package: the SDK's, with what the layers above it add. Beside `index.ts`, since the SDK itself knows
 * neither coroutines nor the service.
 */
import { all, allSettled, any, gather, race, sleep } from "./coroutine/index.ts";
import type { ProgramOptions } from "./program.ts";
import { registerServiceStarter, dispatch as sdk } from "./sdk/index.ts";

// The service is loaded by programs that start it, not by every program that imports this package.
registerServiceStarter(async (options, purpose) =>
  (await import("./program.ts")).startProgram(options, purpose),
);

export const dispatch = {
  ...sdk,
  all,
  allSettled,
  any,
  gather,
  race,
  sleep,

  /**
   * Starts a service with this program's functions, runs `main` with it, and stops it. For programs and scripts that
   * need no service beside them.
   *
   * Each thread of the service loads the program too, where this call does nothing: keep what must happen once inside
   * of `main`.
   *
   * ```ts
   * await dispatch.run(async () => console.log(await greet("World")));
   * ```
   *
   * @returns what `main` returns; undefined on a thread of the service
   * @throws {ConfigurationError} when a service runs in this process already
   */
  run: sdk.run as <T>(main: () => T | PromiseLike<T>, options?: ProgramOptions) => Promise<T | undefined>,

  /**
   * Starts a service with this program's functions, and resolves when a signal has stopped it: SIGTERM or SIGINT, of
   * which a second one ends the process at once.
   */
  serve: sdk.serve as (options?: ProgramOptions) => Promise<void>,
};
