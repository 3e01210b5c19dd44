/** Finds and loads `dispatch.config.ts`, `.js` or `.json`. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "./config-error.ts";
import { resolveOwnPackage } from "./own-package.ts";

const NAMES = ["dispatch.config.ts", "dispatch.config.js", "dispatch.config.json"];

export interface ConfigFile {
  readonly path: string;
  readonly values: unknown;
}

/**
 * The file named, or the first of the usual names in the folder, or undefined when there is none. Read anew at each
 * call.
 *
 * @throws {ConfigError} when the named file is missing, or what is found cannot be read
 */
export async function loadConfigFile(folder: string, named?: string): Promise<ConfigFile | undefined> {
  const path =
    named === undefined ? NAMES.map((name) => join(folder, name)).find(existsSync) : resolve(folder, named);
  if (path === undefined) return undefined;
  if (!existsSync(path)) throw new ConfigError(`configuration file ${path} does not exist`);
  try {
    if (path.endsWith(".json")) return { path, values: JSON.parse(readFileSync(path, "utf8")) };
    resolveOwnPackage();
    // The query makes a changed file a new module.
    const module = (await import(`${pathToFileURL(path).href}?at=${readCount++}`)) as { default?: unknown };
    return { path, values: module.default };
  } catch (cause) {
    throw new ConfigError(`configuration file ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

let readCount = 0;
