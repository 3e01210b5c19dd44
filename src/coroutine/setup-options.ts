/** What a thread's environment says about coroutines: see the options of the group "coroutines" in the configuration. */
import { randomBytes } from "node:crypto";
import { ConfigurationError } from "../sdk/index.ts";
import type { EnvelopeKeys } from "../wire/graph/index.ts";
import type { DriverOptions } from "./driver/driver.ts";

export interface SetupOptions extends DriverOptions {
  /** Packages of node_modules that are compiled too. Default: none. */
  packages?: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigurationError when a key is not 32 bytes in base64 */
export function setupOptionsFrom(env: Environment): SetupOptions {
  const hotMax = env.DISPATCH_HOT_COROUTINES_MAX;
  const stateBytesMax = env.DISPATCH_STATE_BYTES_MAX;
  const sealing = list(env.DISPATCH_STATE_KEYS);
  const keys = parseKeys([...sealing, ...list(env.DISPATCH_LOCAL_STATE_KEY)]);
  return {
    packages: list(env.DISPATCH_COMPILE_PACKAGES),
    ...(hotMax ? { hotMax: Number(hotMax) } : {}),
    ...(stateBytesMax ? { stateBytesMax: Number(stateBytesMax) } : {}),
    ...(keys !== undefined && { keys, encrypts: sealing.length > 0 }),
  };
}

/** A new key, as an entry of `stateKeys`. Its id tells the keys of several machines apart. */
export function newStateKey(): string {
  return `local-${randomBytes(4).toString("hex")}:${randomBytes(32).toString("base64")}`;
}

const list = (text = ""): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/** The first one seals. */
function parseKeys(texts: readonly string[]): EnvelopeKeys | undefined {
  const keys = new Map<string, Uint8Array>();
  for (const text of texts) {
    const [, id, base64] = /^([^:]+):([A-Za-z0-9+/]{43}=)$/.exec(text) ?? [];
    if (id === undefined || base64 === undefined) {
      const name = /^([^:]+):/.exec(text)?.[1];
      throw new ConfigurationError(
        `a key of DISPATCH_STATE_KEYS is not id:base64 of 32 bytes${name === undefined ? "" : `: ${name}`}`,
      );
    }
    if (keys.has(id)) throw new ConfigurationError(`two keys of DISPATCH_STATE_KEYS have the id ${id}`);
    keys.set(id, Buffer.from(base64, "base64"));
  }
  const [current] = keys.keys();
  return current === undefined ? undefined : { current, keys: Object.fromEntries(keys) };
}
