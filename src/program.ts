/**
 * Starts the service for a program that calls `dispatch.run` or `dispatch.serve`. The threads of the service load the
 * program's own main module, where both calls do nothing.
 */
import { type Config, ConfigError, loadConfigFile, OPTIONS, resolveConfig } from "./config/index.ts";
import type { RunningService, ServiceStarter } from "./sdk/index.ts";
import { startService } from "./service.ts";
import { createLogger } from "./telemetry/log.ts";

/** As in `dispatch.config.ts`, and over what that file and the environment say. */
export interface ProgramOptions extends Partial<Config> {
  /** Files or file URLs that define functions. Default: the program's main module. */
  readonly modules?: readonly string[];
}

/**
 * @throws {ConfigError} when an option does not exist, or cannot be what it is
 * @throws {ThreadStartError} when a module cannot be loaded on a thread
 */
export const startProgram: ServiceStarter = async (options: ProgramOptions, purpose) => {
  const { modules = [mainModule()], ...given } = options;
  refuseUnknown(given);
  // A program that runs to its end is called through nothing but itself: any free port will do.
  const flags =
    purpose === "run" && !process.env.DISPATCH_ENDPOINT_ADDR
      ? { endpointAddr: "localhost:0", ...given }
      : given;
  const { config } = resolveConfig({ flags, env: process.env, file: await loadConfigFile(process.cwd()) });
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  const service = await startService({ config, modules, logger });
  const { promise, resolve } = Promise.withResolvers<void>();
  const [apiKey] = config.apiKeys;
  const running: RunningService = {
    url: service.url,
    ...(apiKey !== undefined && { apiKey }),
    stopped: promise,
    stop: () =>
      service.stop(purpose === "run" ? "the program has ended" : "the program stops it").finally(resolve),
  };
  return running;
};

function mainModule(): string {
  const [, main] = process.argv;
  if (main === undefined)
    throw new ConfigError("no main module: name the files that define functions as modules");
  return main;
}

function refuseUnknown(options: object): void {
  const names: readonly string[] = OPTIONS.map(({ name }) => name);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new ConfigError(`unknown option '${unknown}'`);
}
