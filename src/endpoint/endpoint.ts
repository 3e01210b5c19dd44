/**
 * The HTTP front of the functions. It owns sockets, admission and the error table; what a function is and where it
 * runs is the business of whoever passes `run`.
 */
import type { AddressInfo, Socket } from "node:net";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import { ConnectError } from "../wire/connect-error.ts";
import { answerMalformed } from "./malformed-http.ts";
import { connectErrorOf, reasonOf } from "./rejection.ts";
import { addRunRoute, type RunFunction } from "./run-route.ts";
import type { RequestVerifier } from "./verification.ts";

export { RUN_PATH, type RunFunction } from "./run-route.ts";

export interface EndpointOptions {
  run: RunFunction;
  serves(name: string): boolean;
  telemetry: Telemetry;
  verify?: RequestVerifier | undefined;
  /** Text of `/metrics` and its content type; absent: there is no such page. */
  metrics?: (() => Promise<{ contentType: string; text: string }>) | undefined;
  bodyLimitBytes: number;
  tls?: { cert: string; key: string } | undefined;
}

export interface Endpoint {
  /** For further routes, before it listens. */
  readonly app: FastifyInstance;
  /** Resolves with the URL listened on. */
  listen(address: { host: string; port: number }): Promise<string>;
  /** From now on `/readyz` says 503, so that load balancers look elsewhere; requests are still served. */
  announceStop(): void;
  /** Stops listening and resolves when the requests in flight are answered. */
  close(): Promise<void>;
}

/** A peer that needs longer than this to send its headers, or a whole request, is holding a socket, not working. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { telemetry } = options;
  let isStopping = false;
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    clientErrorHandler: (error: Error, socket: Socket) => answerMalformed(error, socket, telemetry),
    http: { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    ...(options.tls === undefined ? {} : { https: options.tls }),
  } as Parameters<typeof Fastify>[0]) as unknown as FastifyInstance;

  // Bodies stay bytes whatever their content type says: the protocol's content types are not checked by its peers.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => refuse(connectErrorOf(error), reply));
  app.setNotFoundHandler((_request, reply) => refuse(new ConnectError("not_found", "path not found"), reply));

  app.get("/healthz", (_request, reply) => reply.type("text/plain").send("ok\n"));
  app.get("/readyz", (_request, reply) =>
    isStopping
      ? reply.code(503).type("text/plain").send("stopping\n")
      : reply.type("text/plain").send("ok\n"),
  );
  if (options.metrics !== undefined) {
    const { metrics } = options;
    app.get("/metrics", async (_request, reply) => {
      const { contentType, text } = await metrics();
      return reply.type(contentType).send(text);
    });
  }
  addRunRoute(app, { run: options.run, serves: options.serves, telemetry, verify: options.verify });

  function refuse(error: ConnectError, reply: FastifyReply) {
    telemetry.emit({ type: "request-rejected", reason: reasonOf(error), message: error.rawMessage });
    if (error.retryAfterMs !== undefined)
      reply.header("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
    return reply.code(error.httpStatus).type("application/json").send(error.toBody());
  }

  return {
    app,
    async listen(address) {
      await app.listen(address);
      const { port } = app.server.address() as AddressInfo;
      const host = address.host.includes(":") ? `[${address.host}]` : address.host;
      return `${options.tls === undefined ? "http" : "https"}://${host}:${port}`;
    },
    announceStop() {
      isStopping = true;
    },
    close: () => app.close(),
  };
}
