import type { Config } from "../config/index.ts";
import { ownUrl } from "./own-address.ts";
import type { LocalStateKey } from "./state-key.ts";

export interface FunctionEnvironment extends Readonly<Record<string, string>> {
  readonly DISPATCH_API_URL: string;
  readonly DISPATCH_API_KEY: string;
  readonly DISPATCH_ENDPOINT_URL: string;
}

/** Stands where a key is asked for and none is checked. */
const ANY_KEY = "development";

/** How durable functions are suspended and resumed, for the threads they run on. */
export function coroutineEnvironment(config: Config, localKey: string | undefined): Record<string, string> {
  return {
    DISPATCH_COMPILE_PACKAGES: config.compilePackages.join(","),
    DISPATCH_HOT_COROUTINES_MAX: String(config.hotCoroutinesMax),
    DISPATCH_STATE_BYTES_MAX: String(config.stateBytesMax),
    DISPATCH_STATE_KEYS: config.stateKeys.join(","),
    ...(localKey !== undefined && { DISPATCH_LOCAL_STATE_KEY: localKey }),
  };
}

/**
 * The variables by which functions find the Dispatch API, so that calling and dispatching from inside a function
 * works without being configured. `listening` is the URL this process listens on.
 */
export function functionEnvironment(
  config: Config,
  listening: string,
  { key }: LocalStateKey,
): FunctionEnvironment {
  return {
    ...coroutineEnvironment(config, key),
    DISPATCH_API_URL: config.apiUrl ?? ownUrl(listening),
    DISPATCH_API_KEY: config.apiKey ?? config.apiKeys[0] ?? ANY_KEY,
    DISPATCH_ENDPOINT_URL: config.endpointUrl ?? ownUrl(listening),
  };
}
