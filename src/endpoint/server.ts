/** Fastify, set up to take bytes from strangers: limits on time, size and number before any route is asked. */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import { ConnectError } from "../wire/connect-error.ts";
import { answerMalformed } from "./malformed-http.ts";
import { refuseWith } from "./refuse.ts";
import { connectErrorOf } from "./rejection.ts";

export interface ServerOptions {
  bodyLimitBytes: number;
  requestTimeoutMs: number;
  connectionsMax: number;
  tls: { cert: string; key: string } | undefined;
  telemetry: Telemetry;
}

/** A peer that needs longer than this for its headers is holding a socket, not working. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than load balancers keep an idle connection: they must be the ones that close it. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export function createServer(options: ServerOptions): FastifyInstance {
  const { telemetry, tls, requestTimeoutMs } = options;
  const refuse = refuseWith(telemetry);
  const notFound = (request: FastifyRequest, reply: FastifyReply) =>
    refuse(new ConnectError("not_found", "path not found"), request, reply);
  const headersTimeout = Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs);
  const http = {
    headersTimeout,
    requestTimeout: requestTimeoutMs,
    // Node looks for overdue requests this often; its default of 30 s would triple the limit.
    connectionsCheckingInterval: Math.max(50, headersTimeout / 4),
  };
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    exposeHeadRoutes: true,
    clientErrorHandler: (error: Error, socket: Socket) => answerMalformed(error, socket, telemetry),
    // A path that cannot be decoded is none that is served.
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) =>
      void notFound(request, reply),
    ...(tls === undefined ? { http } : { https: { ...http, ...tls } }),
  } as Parameters<typeof Fastify>[0]) as unknown as FastifyInstance;

  // Routes that want bodies have a parser of their own; elsewhere they are read and forgotten.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload: IncomingMessage, done) => {
    payload.resume();
    done(null);
  });
  app.setErrorHandler((error, request, reply) => refuse(connectErrorOf(error), request, reply));
  app.setNotFoundHandler(notFound);

  const server = app.server as Server & { httpAllowHalfOpen: boolean };
  server.maxConnections = options.connectionsMax;
  // A client that ends its sending side still gets its answer, see connection.ts.
  server.httpAllowHalfOpen = true;
  server.on("drop", () => {
    telemetry.emit({
      type: "request-rejected",
      reason: "connections-full",
      message: `more than ${options.connectionsMax} connections`,
    });
  });
  return app;
}
