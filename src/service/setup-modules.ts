/** Modules that prepare this process and every thread, before the functions are loaded: `setupModules`. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { SetupModule } from "../../workers/runner.ts";
import { type Config, ConfigError } from "../config/index.ts";
import { resolveOwnPackage } from "../config/own-package.ts";
import type { Telemetry } from "../telemetry/events.ts";

/** How long they may take to shut down, here and in each thread. */
export const SHUTDOWN_MS_MAX = 5_000;

export function setupUrls({ setupModules }: Config): string[] {
  return setupModules.map((path) => (path.startsWith("file:") ? path : pathToFileURL(resolve(path)).href));
}

export interface LoadedSetup {
  /** The last one first. Never rejects: the service has stopped, and should say so. */
  shutdown(telemetry: Telemetry): Promise<void>;
}

/** Loads them in this process. @throws {ConfigError} when one of them cannot be */
export async function loadSetup(config: Config): Promise<LoadedSetup> {
  const loaded: { path: string; module: SetupModule }[] = [];
  const urls = setupUrls(config);
  if (urls.length > 0) resolveOwnPackage();
  for (const [index, url] of urls.entries()) {
    const path = config.setupModules[index]!;
    if (!existsSync(fileURLToPath(url))) throw new ConfigError(`setupModules: ${path} does not exist`);
    try {
      const module = (await import(url)) as SetupModule;
      await module.setup?.(process.env);
      loaded.unshift({ path, module });
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(`setupModules: cannot load ${path}: ${message}`, { cause });
    }
  }
  return { shutdown: (telemetry) => shutDown(loaded, telemetry) };
}

async function shutDown(
  loaded: readonly { path: string; module: SetupModule }[],
  telemetry: Telemetry,
): Promise<void> {
  const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, SHUTDOWN_MS_MAX);
  for (const { path, module } of loaded) {
    try {
      await Promise.race([module.shutdown?.(), late]);
    } catch (error) {
      const message = `setup module ${path} could not shut down: ${error instanceof Error ? error.message : error}`;
      telemetry.emit({ type: "notice", level: "warn", message });
    }
  }
  clearTimeout(timer);
}
