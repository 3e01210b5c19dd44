/** What the errors of common HTTP clients tell, recognised by shape: no client needs to be installed. */

import { Status, statusOfHttp } from "../../wire/status.ts";
import { DispatchError, dispatchErrorClasses, InvalidResponseError } from "./dispatch-error.ts";

/** The parts of fetch's `Response` that decide; undici's and node-fetch's have the same. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** True for a fetch `Response` of any realm and implementation. */
export function isHttpResponse(value: object): value is HttpResponse {
  const response = value as Record<string, unknown>;
  return (
    typeof response.status === "number" &&
    typeof response.ok === "boolean" &&
    typeof response.arrayBuffer === "function" &&
    typeof response.headers === "object"
  );
}

/**
 * The failure of a function that returned a response as it was. A response cannot be carried, for its body is a
 * stream: one that tells of success is an error too, which says what to return instead.
 */
export function failureOfResponse(response: HttpResponse, status: Status): Error {
  if (status === Status.OK) {
    return new InvalidResponseError(
      `cannot return an HTTP response (${response.status}${from(response)}): return its text() or json() instead`,
    );
  }
  const Class = dispatchErrorClasses.get(status) ?? DispatchError;
  return new Class(`HTTP ${response.status} ${response.statusText}`.trimEnd() + from(response));
}

/** The query is left out: keys are passed in it. */
function from({ url }: HttpResponse): string {
  return url ? ` from ${url.replace(/[?#].*/s, "")}` : "";
}

/**
 * The status of the HTTP response that an error is about: `status` (fetch wrappers, openai, octokit), `statusCode`
 * (undici, request, slack), `response.status` (axios, ky), `response.statusCode` (got), `$metadata.httpStatusCode`
 * (AWS). A 2xx says nothing: the failure came after it.
 */
export function httpStatusOf(error: object): Status | undefined {
  const value = error as Record<string, unknown>;
  for (const holder of [value, value.response, value.$metadata]) {
    if (typeof holder !== "object" || holder === null) continue;
    const { status, statusCode, httpStatusCode } = holder as Record<string, unknown>;
    for (const code of [status, statusCode, httpStatusCode]) {
      if (isHttpCode(code) && !(code >= 200 && code < 300)) return statusOfHttp(code);
    }
  }
  return undefined;
}

/** What only one client says, and says better than a response's status or a code would. */
export function statusFromClient(error: object): Status | undefined {
  const value = error as Record<string, unknown>;
  if (value.isAxiosError === true && value.code === "ECONNABORTED") return Status.TIMEOUT;
  if (typeof value.code === "string" && value.code.startsWith("slack_webapi_")) return statusFromSlack(value);
  return statusFromOpenAi(value);
}

function statusFromSlack(error: Record<string, unknown>): Status | undefined {
  if (error.code === "slack_webapi_rate_limited_error") return Status.THROTTLED;
  if (error.code !== "slack_webapi_platform_error") return undefined;
  // The API answers 200 and names its refusal in the body.
  const data = error.data as { error?: unknown } | undefined;
  return slackRefusals.get(String(data?.error)) ?? Status.PERMANENT_ERROR;
}

const slackRefusals: ReadonlyMap<string, Status> = new Map([
  ["ratelimited", Status.THROTTLED],
  ["rate_limited", Status.THROTTLED],
  ["request_timeout", Status.TIMEOUT],
  ["internal_error", Status.TEMPORARY_ERROR],
  ["fatal_error", Status.TEMPORARY_ERROR],
  ["service_unavailable", Status.TEMPORARY_ERROR],
  ["not_authed", Status.UNAUTHENTICATED],
  ["invalid_auth", Status.UNAUTHENTICATED],
  ["token_expired", Status.UNAUTHENTICATED],
  ["token_revoked", Status.UNAUTHENTICATED],
  ["account_inactive", Status.UNAUTHENTICATED],
  ["missing_scope", Status.PERMISSION_DENIED],
  ["no_permission", Status.PERMISSION_DENIED],
  ["access_denied", Status.PERMISSION_DENIED],
  ["restricted_action", Status.PERMISSION_DENIED],
  ["ekm_access_denied", Status.PERMISSION_DENIED],
  ["channel_not_found", Status.NOT_FOUND],
  ["user_not_found", Status.NOT_FOUND],
  ["message_not_found", Status.NOT_FOUND],
  ["invalid_arguments", Status.INVALID_ARGUMENT],
  ["invalid_arg_name", Status.INVALID_ARGUMENT],
]);

/** openai and anthropic leave `name` at "Error" and `status` undefined when no response arrived. */
function statusFromOpenAi(error: Record<string, unknown>): Status | undefined {
  const type = (error.constructor as { name?: unknown } | undefined)?.name;
  if (type === "APIConnectionTimeoutError" || type === "APIUserAbortError") return Status.TIMEOUT;
  // Its cause, when there is one, says which part of the connection failed.
  if (type === "APIConnectionError" && error.cause === undefined) return Status.TCP_ERROR;
  return undefined;
}

function isHttpCode(code: unknown): code is number {
  return typeof code === "number" && Number.isInteger(code) && code >= 100 && code < 600;
}
