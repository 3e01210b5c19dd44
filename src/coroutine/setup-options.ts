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
  const entries = texts.map((text): [string, Uint8Array] => {
    const at = text.indexOf(":");
    const key = Buffer.from(text.slice(at + 1), "base64");
    if (at < 1 || key.length !== 32) {
      throw new ConfigurationError(
        `a key of DISPATCH_STATE_KEYS is not id:base64 of 32 bytes${at < 1 ? "" : `: ${text.slice(0, at)}`}`,
      );
    }
    return [text.slice(0, at), key];
  });
  const [first] = entries;
  return first && { current: first[0], keys: Object.fromEntries(entries) };
}
