/** Packages of the peers, loaded from the folder that they are installed in; the project itself has none of them. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Loads a package; the caller says which part of it is used. */
export function load<T>(folder: string, name: string): T {
  return createRequire(join(folder, "package.json"))(name) as T;
}

export function installedVersion(folder: string, name: string): string | undefined {
  const file = join(folder, "node_modules", name, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")).version as string) : undefined;
}
