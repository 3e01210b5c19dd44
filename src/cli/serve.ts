/** `dispatch serve`: the service, until a signal ends it. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import type { Logger } from "pino";
import { misspelledVariables, type ResolvedConfig } from "../config/index.ts";
import { ThreadStartError } from "../pool/index.ts";
import { type Service, startService } from "../service.ts";
import { StoreError } from "../store/index.ts";
import { createLogger } from "../telemetry/log.ts";
import { CliError, loadHint, rootCause } from "./cli-error.ts";
import { addConfigFlags, readConfig } from "./config-flags.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { reloadOnHangup } from "./reload.ts";
import { untilSignal } from "./signals.ts";

interface ServeOptions {
  inProcess?: boolean;
}

export function serveCommand(context: CliContext): Command {
  const command = new Command("serve")
    .summary("serve the functions of modules")
    .description("Serve the functions that these modules define, until SIGTERM or SIGINT.")
    .argument("<modules...>", "TypeScript or JavaScript files that define functions")
    .option("--in-process", "Run functions in the process of the HTTP front, without threads: for debugging.")
    .addHelpText("after", EXAMPLES)
    .action(async (modules: string[], options: ServeOptions) => {
      const resolved = await readConfig(command, context);
      await serve({ modules, options, resolved, context, command });
    });
  return addConfigFlags(command, ["endpoint", "pool", "coroutines", "client", "scheduler", "log"]);
}

const EXAMPLES = `
Signals:
  SIGTERM, SIGINT   stop: /readyz turns 503, runs in flight end, then exit 0; a second one ends at once
  SIGHUP            read the configuration file again; threads and limits change without a failed run

Examples:
  dispatch serve functions.ts
  dispatch serve billing.ts mail.ts --threads-max 4
  DISPATCH_API_KEYS=<key> dispatch serve functions.ts --endpoint-addr 0.0.0.0:8000
`;

interface Serve {
  modules: string[];
  options: ServeOptions;
  resolved: ResolvedConfig;
  context: CliContext;
  command: Command;
}

async function serve({ modules, options, resolved, context, command }: Serve): Promise<void> {
  const { config } = resolved;
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  for (const message of misspelledVariables(context.env)) logger.warn(message);
  const service = await start(
    { modules: modules.map((path) => existing(path, context.cwd)), config, logger },
    options,
  );
  const reloading = reloadOnHangup({ service, logger, resolved, read: () => readConfig(command, context) });
  const signal = await untilSignal();
  reloading.stop();
  await service.stop(`received ${signal}`);
}

async function start(
  service: { modules: string[]; config: ResolvedConfig["config"]; logger: Logger },
  options: ServeOptions,
): Promise<Service> {
  try {
    return await startService({ ...service, runner: options.inProcess ? "in-process" : "pool" });
  } catch (error) {
    throw explained(error, service.config.endpointAddr);
  }
}

function existing(path: string, cwd: string): string {
  const absolute = resolve(cwd, path);
  if (existsSync(absolute)) return absolute;
  throw new CliError(`module ${path} does not exist`, {
    hint: "name the file that calls dispatch.function, e.g. dispatch serve functions.ts",
    exitCode: EXIT.usage,
  });
}

/** Failures to start that people can do something about. */
function explained(error: unknown, address: string): unknown {
  if (error instanceof ThreadStartError) {
    return new CliError(error.message, {
      hint: loadHint(rootCause(error)),
      userError: rootCause(error),
      cause: error,
    });
  }
  if (error instanceof StoreError) return explainedStore(error);
  const code = (error as NodeJS.ErrnoException).code;
  const hint = "choose another address with --endpoint-addr";
  if (code === "EADDRINUSE") return new CliError(`address ${address} is in use`, { hint, cause: error });
  if (code === "EACCES") return new CliError(`address ${address} is not permitted`, { hint, cause: error });
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new CliError(`address ${address} is not one of this machine`, { hint, cause: error });
  }
  return error;
}

/** A store that cannot be opened: nothing was changed in it. */
function explainedStore(error: StoreError): CliError {
  return new CliError(error.message, { ...hintOf(error), cause: error });
}

function hintOf({ code }: StoreError): { hint?: string } {
  switch (code) {
    case "locked":
      return { hint: "stop the other process, or choose another file with --store-path" };
    case "read_only":
      return { hint: "make the file and its folder writable, or choose another with --store-path" };
    case "too_new":
      return { hint: "serve it with the version that wrote it, or a newer one" };
    case "corrupted":
      return { hint: "restore a backup, or move the file away to start with an empty store" };
    case "full":
      return { hint: "make room on the disk" };
    default:
      return {};
  }
}
