/** When, and whether, a request that failed is sent again. Pure. */
import { ConnectError } from "../../wire/connect-error.ts";

export interface BackoffLimits {
  readonly retryFirstDelayMs: number;
  readonly retryDelayMsMax: number;
}

/**
 * Full jitter: any time up to `first * 2^attempt`, so that many clients do not come back together. What the API asks
 * for in `Retry-After` comes before that.
 *
 * @param attempt counted from 0
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, failure: unknown, random: number, limits: BackoffLimits): number {
  const { retryFirstDelayMs, retryDelayMsMax } = limits;
  const jitter = random * Math.min(retryDelayMsMax, retryFirstDelayMs * 2 ** Math.min(attempt, 30));
  const retryAfterMs = failure instanceof ConnectError ? failure.retryAfterMs : undefined;
  return retryAfterMs === undefined ? jitter : retryAfterMs + jitter;
}

/**
 * True for what is likely to pass: no connection, a broken one, an attempt that took too long, 429, 503, and the 502 and
 * 504 of a proxy. A request that broke may have been carried out: its idempotency key keeps the next from doing so again.
 */
export function isPassing(failure: unknown): boolean {
  if (!(failure instanceof ConnectError)) return isNetworkError(failure);
  return (
    failure.code === "unavailable" ||
    failure.code === "resource_exhausted" ||
    failure.code === "deadline_exceeded" ||
    failure.code === "aborted"
  );
}

/** A mistake in a request, such as a header with a line break, is no trouble of the network. */
function isNetworkError(failure: unknown): boolean {
  const { code, name } = failure as { code?: unknown; name?: unknown };
  if (typeof code !== "string") return name === "HTTPParserError";
  if (code === "UND_ERR_INVALID_ARG" || code.startsWith("ERR_INVALID_")) return false;
  // A certificate that does not verify now will not a second later.
  return !/^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/.test(code);
}
