/** Puts the peers' packages into a folder of their own, and tells what else is missing. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installedVersion } from "./modules.ts";
import type { Peer } from "./types.ts";

/** The file that says which versions; every other one of the folder is made by npm. */
const PACKAGES = fileURLToPath(new URL("package.json", import.meta.url));

/** @throws {Error} when npm fails */
export function install(folder: string): void {
  mkdirSync(folder, { recursive: true });
  copyFileSync(PACKAGES, join(folder, "package.json"));
  // Scripts of packages build or report; nothing here needs what they do.
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { status, error } = spawnSync("npm", args, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0)
    throw new Error(`npm install in ${folder} failed: ${error?.message ?? `status ${status}`}`);
}

/** What the peer lacks on this machine, in a sentence; undefined: nothing. */
export function missingOf(peer: Peer, folder: string): string | undefined {
  const packages = peer.packages.filter((name) => installedVersion(folder, name) === undefined);
  if (packages.length > 0) return `${packages.join(", ")} not installed in ${folder}: run with --install`;
  return peer.server?.missing(folder);
}

export function versionsOf(peer: Peer, folder: string): string[] {
  const packages = peer.packages.map((name) => `${name} ${installedVersion(folder, name)}`);
  const server = peer.server === undefined ? [] : [peer.server.version(folder)];
  return [...packages, ...(peer.versions ?? []), ...server];
}
