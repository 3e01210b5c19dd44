import { checked, refuseUnknown } from "../call-options.ts";
import { readSetting, type Setting } from "../environment.ts";
import { ConfigurationError } from "../errors/dispatch-error.ts";
import { type ClientClock, systemClock } from "./clock.ts";

export interface ClientOptions {
  /** Default: the `DISPATCH_API_KEY` environment variable. Not needed for an API on the same machine. */
  readonly apiKey?: string;
  /**
   * URL of the Dispatch API. Default: the `DISPATCH_API_URL` environment variable, else the service that hosts the
   * functions, else `http://localhost:8000`, where `dispatch serve` listens.
   */
  readonly apiUrl?: string;
  /**
   * Most calls in one request, 1 to 100,000. Calls that are dispatched together share a request up to here. 1 sends
   * each alone; more than the API allows is refused. Default: 1,000.
   */
  readonly batchCallsMax?: number;
  /**
   * Most bytes in one request, 1,024 to 16,000,000; one call that is larger goes alone. Default: 4,000,000, which leaves
   * room below the 16,000,000 that the API accepts.
   */
  readonly batchBytesMax?: number;
  /**
   * How long a call waits for others to share its request, 0 to 1,000 ms. 0: only calls of the same turn of the event
   * loop share one. More saves requests and adds that much to every dispatch. Default: 0.
   */
  readonly lingerMs?: number;
  /**
   * Requests with calls under way at once, 1 to 64; calls beyond gather in the next. 1 keeps calls in the order in which
   * they were dispatched. More than the API commits at once only makes batches smaller. Default: 4.
   */
  readonly requestsMax?: number;
  /**
   * Bytes of calls that may wait to be sent, 1,000,000 to 4,000,000,000. Calls beyond are refused with
   * `resource_exhausted`, before memory runs out. Default: 256,000,000.
   */
  readonly queuedBytesMax?: number;
  /**
   * Requests that wait for results at once, each on a connection of its own, 1 to 10,000. One request waits for up to 256
   * calls; of an API without `dispatch.control.v1` for one. Waits beyond take turns. More than the API has connections for
   * is refused by it. Default: 128.
   */
  readonly waitsMax?: number;
  /**
   * How long a dispatch may take with all its attempts, 1 ms to 1 h. Shorter than the API takes to restart loses calls
   * that would have been accepted. Default: 30,000.
   */
  readonly timeoutMs?: number;
  /** How long one attempt may take, 1 ms to `timeoutMs`. Default: 5,000, or `timeoutMs` if that is less. */
  readonly attemptTimeoutMs?: number;
  /** Wait before the first retry, 0 to 60,000 ms; doubled for each further one, and any part of it by chance. Default: 100. */
  readonly retryFirstDelayMs?: number;
  /** Most wait between two attempts, `retryFirstDelayMs` to 60,000 ms, `Retry-After` excepted. Default: 5,000. */
  readonly retryDelayMsMax?: number;
  /** For tests. Default: the system's. */
  readonly clock?: ClientClock;
}

export type ResolvedClientOptions = Required<Omit<ClientOptions, "apiKey" | "apiUrl">> & {
  readonly apiUrl: URL;
  readonly apiKey: Setting | undefined;
  /** The API is on this machine. */
  readonly loopback: boolean;
};

export const defaultApiUrl = "http://localhost:8000";

/** @throws {ConfigurationError | RangeError | TypeError} with the setting, its value, and what it may be */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  const {
    apiKey,
    apiUrl,
    batchCallsMax = 1_000,
    batchBytesMax = 4_000_000,
    lingerMs = 0,
    requestsMax = 4,
    queuedBytesMax = 256_000_000,
    waitsMax = 128,
    timeoutMs = 30_000,
    attemptTimeoutMs = Math.min(5_000, timeoutMs),
    retryFirstDelayMs = 100,
    retryDelayMsMax = Math.max(5_000, retryFirstDelayMs),
    clock = systemClock,
    ...unknown
  } = options;
  refuseUnknown(unknown, "client option");
  checked("batchCallsMax", batchCallsMax, 1, 100_000, true);
  checked("batchBytesMax", batchBytesMax, 1_024, 16_000_000, true);
  checked("lingerMs", lingerMs, 0, 1_000);
  checked("requestsMax", requestsMax, 1, 64, true);
  checked("queuedBytesMax", queuedBytesMax, 1_000_000, 4_000_000_000, true);
  checked("waitsMax", waitsMax, 1, 10_000, true);
  checked("timeoutMs", timeoutMs, 1, 3_600_000);
  checked("attemptTimeoutMs", attemptTimeoutMs, 1, timeoutMs);
  checked("retryFirstDelayMs", retryFirstDelayMs, 0, 60_000);
  checked("retryDelayMsMax", retryDelayMsMax, retryFirstDelayMs, 60_000);
  const url = readApiUrl(apiUrl);
  const loopback = isLoopback(url.hostname);
  return Object.freeze({
    apiUrl: url,
    apiKey: readApiKey(apiKey, loopback),
    loopback,
    batchCallsMax,
    batchBytesMax,
    lingerMs,
    requestsMax,
    queuedBytesMax,
    waitsMax,
    timeoutMs,
    attemptTimeoutMs,
    retryFirstDelayMs,
    retryDelayMsMax,
    clock,
  });
}

export const missingApiKey = "missing API key: set it with the DISPATCH_API_KEY environment variable";

function readApiKey(argument: string | undefined, loopback: boolean): Setting | undefined {
  const key = readSetting(argument, "DISPATCH_API_KEY", "apiKey");
  if (key === undefined || key.value === "") {
    if (loopback && argument === undefined) return undefined;
    throw new ConfigurationError(missingApiKey);
  }
  // The key itself is never shown.
  if (!/^[\x21-\x7e]+$/.test(key.value)) {
    throw new ConfigurationError(
      `invalid API key from the ${key.source}: it holds characters that no header can carry`,
    );
  }
  return key;
}

function readApiUrl(argument: string | undefined): URL {
  const { value, source } = readSetting(argument, "DISPATCH_API_URL", "apiUrl") ?? {
    value: defaultApiUrl,
    source: "default",
  };
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ConfigurationError(
      `invalid API URL from the ${source}: ${value} (expected http:// or https://)`,
    );
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
