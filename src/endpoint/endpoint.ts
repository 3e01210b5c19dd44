/**
 * The HTTP front of the functions. It owns sockets, admission and the error table; what a function is and where it
 * runs is the business of whoever passes `run`.
 */
import type { AddressInfo } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import { ConnectError } from "../wire/connect-error.ts";
import { addHealthRoutes, type HealthState } from "./health.ts";
import { connectErrorOf, reasonOf } from "./rejection.ts";
import { addRunRoute, type RunFunction, type VerifyRequest } from "./run-route.ts";
import { createServer } from "./server.ts";

export interface EndpointOptions {
  run: RunFunction;
  serves(name: string): boolean;
  telemetry: Telemetry;
  /** Absent: requests are not verified. */
  verify?: VerifyRequest | undefined;
  /** Text of `/metrics` and its content type; absent: there is no such page. */
  metrics?: (() => Promise<{ contentType: string; text: string }>) | undefined;
  /** Why runs cannot be served now although the process lives, for `/readyz`; undefined when they can. */
  unready?: (() => string | undefined) | undefined;
  bodyLimitBytes: number;
  /** How long a client may take to send a whole request. Default: 60_000. */
  requestTimeoutMs?: number | undefined;
  /** Default: 10_000. */
  connectionsMax?: number | undefined;
  /** PEM texts. Absent: plain HTTP. */
  tls?: { cert: string; key: string } | undefined;
  /** The scheme clients use, where a proxy in front ends TLS; signatures may cover it. Default: by `tls`. */
  publicScheme?: "http" | "https" | undefined;
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

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { telemetry, tls } = options;
  const state: HealthState = { stopping: false, unready: options.unready };
  const app = createServer({
    bodyLimitBytes: options.bodyLimitBytes,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
    connectionsMax: options.connectionsMax ?? 10_000,
    tls,
    telemetry,
  });
  app.setErrorHandler((error, request, reply) => refuse(connectErrorOf(error), request, reply));
  app.setNotFoundHandler((request, reply) =>
    refuse(new ConnectError("not_found", "path not found"), request, reply),
  );
  addHealthRoutes(app, state, options.metrics);
  addRunRoute(app, {
    run: options.run,
    serves: options.serves,
    telemetry,
    verify: options.verify,
    scheme: options.publicScheme ?? (tls === undefined ? "http" : "https"),
  });

  function refuse(error: ConnectError, request: FastifyRequest, reply: FastifyReply) {
    // The body broke off: the parser has told so on the bare socket already, or there is nobody left to tell.
    if (!request.raw.complete && request.raw.destroyed) return reply.hijack();
    telemetry.emit({ type: "request-rejected", reason: reasonOf(error), message: error.rawMessage });
    if (error.code === "internal") telemetry.emit(faultNotice(error));
    if (error.retryAfterMs !== undefined)
      reply.header("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
    // As bytes: to text Fastify would add a charset, which the type does not have (RFC 8259, section 11).
    return reply.code(error.httpStatus).type("application/json").send(Buffer.from(error.toBody()));
  }

  return {
    app,
    async listen(address) {
      await app.listen(address);
      const { port } = app.server.address() as AddressInfo;
      const host = address.host.includes(":") ? `[${address.host}]` : address.host;
      return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
    },
    announceStop() {
      state.stopping = true;
    },
    close: () => app.close(),
  };
}

/** The caller hears "internal error"; what it was stands in the log only. */
function faultNotice(error: ConnectError) {
  const { cause } = error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? error.rawMessage);
  return { type: "notice", level: "error", message: text } as const;
}
