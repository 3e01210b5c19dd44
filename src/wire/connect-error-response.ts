/** The client's side of Connect errors: what an HTTP response that is not 200 says. */
import { type ConnectCode, ConnectError, isConnectCode } from "./connect-error.ts";

/** The parts of an HTTP response that an error is read from. Header names in lower case. */
export interface ErrorResponse {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/**
 * The error an HTTP response carries, for any bytes: a Connect body gives code and message; what a proxy or another
 * server answers gets the code of its HTTP status and the beginning of its text. `Retry-After` (seconds or a date)
 * becomes `retryAfterMs`, counted from `nowMs`, an hour at the most.
 *
 * Source: Connect protocol, "HTTP to Error Code"; RFC 9110, section 10.2.3.
 */
export function connectErrorOfResponse(response: ErrorResponse, nowMs: number): ConnectError {
  const retryAfterMs = parseRetryAfter(headerOf(response, "retry-after"), nowMs);
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  const body = parseBody(response);
  const code = connectCodeOfBody(body) ?? codeOfHttpStatus(response.httpStatus);
  const message = typeof body?.message === "string" && body.message !== "" ? body.message : undefined;
  return new ConnectError(code, message ?? summary(response), options);
}

/** The code that the response itself carries; undefined when it is not Connect's. */
export function connectCodeOfResponse(response: ErrorResponse): ConnectCode | undefined {
  return connectCodeOfBody(parseBody(response));
}

/** The code of an error response that is not Connect's own. */
export function codeOfHttpStatus(httpStatus: number): ConnectCode {
  switch (httpStatus) {
    case 400:
      return "internal";
    case 401:
      return "unauthenticated";
    case 403:
      return "permission_denied";
    case 404:
      return "unimplemented";
    case 429:
    case 502:
    case 503:
    case 504:
      return "unavailable";
    default:
      return "unknown";
  }
}

const RETRY_AFTER_MS_MAX = 3_600_000;
/** A Connect error body is small; a page of a proxy is not worth parsing. */
const BODY_LENGTH_MAX = 65_536;
const SUMMARY_LENGTH_MAX = 200;

/** `Retry-After` in milliseconds, or undefined when absent or unreadable. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_MS_MAX);
  // Date.parse alone would read "-5" and "soon 1" as dates.
  const ms = /^[A-Z][a-z]+, .* GMT$/.test(text) ? Date.parse(text) - nowMs : Number.NaN;
  if (!Number.isFinite(ms)) return undefined;
  return Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX);
}

function connectCodeOfBody(body: { code?: unknown } | undefined): ConnectCode | undefined {
  return isConnectCode(body?.code) ? body.code : undefined;
}

function parseBody(response: ErrorResponse): { code?: unknown; message?: unknown } | undefined {
  const type = headerOf(response, "content-type") ?? "";
  if (!/^application\/(connect\+)?json\b/i.test(type) || response.body.length > BODY_LENGTH_MAX)
    return undefined;
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(response.body));
    return typeof body === "object" && body !== null ? body : undefined;
  } catch {
    return undefined;
  }
}

/** `HTTP 502: <beginning of a text body>`; of other bodies only the status. */
function summary(response: ErrorResponse): string {
  const type = headerOf(response, "content-type") ?? "";
  if (!/^text\/plain\b|^application\/json\b/i.test(type)) return `HTTP ${response.httpStatus}`;
  const head = new TextDecoder().decode(response.body.subarray(0, SUMMARY_LENGTH_MAX));
  const text = head.replace(/[\p{Cc}\s]+/gu, " ").trim();
  return text === "" ? `HTTP ${response.httpStatus}` : `HTTP ${response.httpStatus}: ${text}`;
}

function headerOf(response: ErrorResponse, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === "string" ? value : value?.[0];
}
