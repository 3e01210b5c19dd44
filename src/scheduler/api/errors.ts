import type { FastifyError, FastifyReply } from "fastify";
import { ConnectError } from "../../wire/connect-error.ts";
import { SchedulerError } from "../errors.ts";

/** Any thrown value as what the client is told. What is unknown stays inside: code internal, no text. */
export function connectErrorFrom(thrown: unknown): ConnectError {
  if (thrown instanceof SchedulerError) return fromScheduler(thrown);
  return fromFastify(thrown) ?? ConnectError.from(thrown);
}

/** Sends an error as Connect does: its HTTP status, JSON, and Retry-After in whole seconds where there is one. */
export function sendError(reply: FastifyReply, error: ConnectError): FastifyReply {
  if (error.retryAfterMs !== undefined) {
    reply.header("retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  }
  if (error.code === "unauthenticated") reply.header("www-authenticate", "Bearer");
  return reply.code(error.httpStatus).header("content-type", "application/json").send(error.toBody());
}

/** When the scheduler does not say how long: long enough for a commit to succeed again. */
const UNAVAILABLE_RETRY_MS = 1_000;

function fromScheduler(error: SchedulerError): ConnectError {
  const retryAfterMs =
    error.retryAfterMs ?? (error.code === "unavailable" ? UNAVAILABLE_RETRY_MS : undefined);
  return new ConnectError(error.code, error.message, {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** What Fastify refuses before a handler sees the request. */
function fromFastify(thrown: unknown): ConnectError | undefined {
  switch ((thrown as FastifyError | undefined)?.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ConnectError("invalid_argument", "content length is too large");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ConnectError("invalid_argument", "the content type is not one");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new ConnectError("invalid_argument", "the body's size does not match Content-Length");
    default:
      return undefined;
  }
}
