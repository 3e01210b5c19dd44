/** How a refused request is answered, counted and told. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import type { ConnectError } from "../wire/connect-error.ts";
import { reasonOf } from "./rejection.ts";

export type Refuse = (error: ConnectError, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

export function refuseWith(telemetry: Telemetry): Refuse {
  return (error, request, reply) => {
    // The body broke off: the parser has told so on the bare socket already, or there is nobody left to tell.
    if (!request.raw.complete && request.raw.destroyed) return reply.hijack();
    telemetry.emit({ type: "request-rejected", reason: reasonOf(error), message: error.rawMessage });
    if (error.code === "internal")
      telemetry.emit({ type: "notice", level: "error", message: faultText(error) });
    if (error.retryAfterMs !== undefined)
      reply.header("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
    // As bytes: to text Fastify would add a charset, which the type does not have (RFC 8259, section 11).
    return reply.code(error.httpStatus).type("application/json").send(Buffer.from(error.toBody()));
  };
}

/** The caller hears "internal error"; what it was stands in the log only. */
function faultText({ cause, rawMessage }: ConnectError): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? rawMessage);
}
