import type { Config } from "../config/index.ts";
import { ownUrl } from "./own-address.ts";

export interface FunctionEnvironment extends Readonly<Record<string, string>> {
  readonly DISPATCH_API_URL: string;
  readonly DISPATCH_API_KEY: string;
  readonly DISPATCH_ENDPOINT_URL: string;
}

/** Stands where a key is asked for and none is checked. */
const ANY_KEY = "development";

/**
 * The variables by which functions find the Dispatch API, so that calling and dispatching from inside a function
 * works without being configured. `listening` is the URL this process listens on.
 */
export function functionEnvironment(config: Config, listening: string): FunctionEnvironment {
  return {
    DISPATCH_API_URL: config.apiUrl ?? ownUrl(listening),
    DISPATCH_API_KEY: config.apiKey ?? config.apiKeys[0] ?? ANY_KEY,
    DISPATCH_ENDPOINT_URL: config.endpointUrl ?? ownUrl(listening),
  };
}
