/** Requests that do not reach a function: as Connect errors, by the error table of the protocol. */
import type { FastifyError } from "fastify";
import { PoolClosedError, PoolFullError } from "../pool/index.ts";
import type { RejectionReason } from "../telemetry/endpoint-events.ts";
import { ConnectError } from "../wire/connect-error.ts";

export function invalid(message: string): ConnectError {
  return new ConnectError("invalid_argument", message);
}

export function functionNotFound(name: string): ConnectError {
  return new ConnectError("not_found", `function '${name}' does not exist`);
}

/** Whatever a request failed with, as the error its caller gets. */
export function connectErrorOf(error: unknown): ConnectError {
  if (error instanceof PoolFullError) {
    return new ConnectError("resource_exhausted", error.message, {
      cause: error,
      retryAfterMs: error.retryAfterMs,
    });
  }
  if (error instanceof PoolClosedError) {
    return new ConnectError("unavailable", "the service is stopping", { cause: error, retryAfterMs: 1_000 });
  }
  switch ((error as Partial<FastifyError>)?.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return invalid("content length is too large");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return invalid("content length does not match the body");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return invalid("content type is malformed");
    default:
      return ConnectError.from(error);
  }
}

/** The reason a rejection is counted under. */
export function reasonOf(error: ConnectError): RejectionReason {
  switch (error.code) {
    case "invalid_argument":
      return error.rawMessage === "content length is too large" ? "too-large" : "invalid";
    case "failed_precondition":
    case "unimplemented":
      return "invalid";
    case "not_found":
      return "not-found";
    case "unauthenticated":
      return "unauthenticated";
    case "permission_denied":
      return "permission-denied";
    case "resource_exhausted":
      return "queue-full";
    case "unavailable":
      return "draining";
    default:
      return "internal";
  }
}
