/**
 * The key that authenticates saved states where none is configured: made at the first start, kept beside the store.
 *
 * A state names functions and where they go on, so whoever can write one executes code. With this key only this
 * installation can, from the first start on and without being configured.
 */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { platform } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Config, ConfigError } from "../config/index.ts";
import { newStateKey } from "../coroutine/setup-options.ts";
import { IN_MEMORY } from "./scheduler-part.ts";

export interface LocalStateKey {
  /** As an entry of `stateKeys`: id:base64 of 32 bytes. Undefined: states are sealed with configured keys alone. */
  readonly key: string | undefined;
  /** What an operator should know of it. */
  readonly notice?: string;
}

export const STATE_KEY_FILE = "state.key";

/**
 * The key of this installation. It is made when there is none, unless `stateKeys` are configured; with those it still
 * opens states from before. Where the folder cannot be written, and beside a store in memory, it is of this process.
 *
 * @throws {ConfigError} when the file exists and holds no key
 */
export function localStateKey(config: Pick<Config, "storePath" | "stateKeys">): LocalStateKey {
  if (config.storePath === IN_MEMORY) return { key: newStateKey() };
  const file = join(dirname(resolve(config.storePath)), STATE_KEY_FILE);
  const found = readKey(file);
  const notice = found === undefined ? undefined : readableByOthers(file);
  if (notice !== undefined) return { key: found, notice };
  if (found !== undefined || config.stateKeys.length > 0) return { key: found };
  const key = newStateKey();
  try {
    create(file, key);
    return { key };
  } catch (cause) {
    // Two processes may have started at once: the file of the first one counts.
    const other = readKey(file);
    return other === undefined ? { key, notice: notKept(cause as Error) } : { key: other };
  }
}

function notKept({ message }: Error): string {
  return `suspended functions start again from their input after a restart: their key cannot be kept (${message}); set DISPATCH_STATE_KEYS`;
}

function readableByOthers(file: string): string | undefined {
  if (platform() === "win32" || (statSync(file).mode & 0o077) === 0) return undefined;
  return `others on this machine may read ${file}, and with it write states that run code: chmod 600 it`;
}

function readKey(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ConfigError(`the key of saved states cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (/^[\w-]{1,64}:[A-Za-z0-9+/]{43}=$/.test(text)) return text;
  throw new ConfigError(
    `${file} holds no key of saved states: restore it from a backup, or remove it, and suspended functions start again from their input`,
  );
}

/** Whole and on the disk before it has its name: states are sealed with it from now on. */
function create(file: string, key: string): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  const partial = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = openSync(partial, "wx", 0o600);
    try {
      writeSync(handle, `${key}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    linkSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
