import type { FastifyInstance, FastifyRequest } from "fastify";
import { ConnectError } from "../../wire/connect-error.ts";
import type { BridgeSessions } from "../delivery/index.ts";
import { hangUpSignal, plainBody } from "./connect.ts";

/** Longest that a poll is held, whatever the client asks for. */
const POLL_MS_MAX = 60_000;
const POLL_MS_DEFAULT = 30_000;
/** The client gives up at the same moment as it asked us to: an answer must be under way before that. */
const POLL_MARGIN_MS = 1_000;

interface SessionRoute {
  Params: { id: string };
}

/**
 * Serves the long-poll bridge. GET holds until there is a run (200, a serialised HTTP request) or nothing came (504);
 * POST hands in its serialised response (202); DELETE gives a run, or the whole session, up (200). 404 where no such
 * run is awaited.
 */
export function serveBridge(app: FastifyInstance, bridge: BridgeSessions): void {
  app.get<SessionRoute>("/sessions/:id", async (request, reply) => {
    const { id } = request.params;
    const signal = AbortSignal.any([hangUpSignal(reply), AbortSignal.timeout(pollMsOf(request))]);
    const run = await bridge.fetch(id, signal);
    if (run === undefined) throw new ConnectError("deadline_exceeded", "no run is waiting");
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) bridge.returnUnread(id, run.id);
    });
    return reply.header("x-request-id", run.id).header("content-type", "application/http").send(run.message);
  });

  app.post<SessionRoute>("/sessions/:id", async (request, reply) => {
    const requestId = requestIdOf(request);
    if (requestId === undefined)
      throw new ConnectError("invalid_argument", "the X-Request-Id header is missing");
    if (!(await bridge.answer(request.params.id, requestId, await plainBody(request)))) throw notAwaited();
    return reply.code(202).send();
  });

  app.delete<SessionRoute>("/sessions/:id", async (request, reply) => {
    if (!bridge.drop(request.params.id, requestIdOf(request))) throw notAwaited();
    return reply.code(200).send();
  });
}

function notAwaited(): ConnectError {
  return new ConnectError("not_found", "no such run is awaited in this session");
}

function requestIdOf(request: FastifyRequest): string | undefined {
  const id = request.headers["x-request-id"];
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** `Request-Timeout` is in seconds. */
function pollMsOf(request: FastifyRequest): number {
  const asked = Number(request.headers["request-timeout"] ?? Number.NaN) * 1000;
  if (Number.isNaN(asked) || asked < 0) return POLL_MS_DEFAULT - POLL_MARGIN_MS;
  const held = Math.min(asked, POLL_MS_MAX);
  return held > 2 * POLL_MARGIN_MS ? held - POLL_MARGIN_MS : held / 2;
}
