/**
 * The HTTP front of the functions. It owns sockets, admission and the error table; what a function is and where it
 * runs is the business of whoever passes `run`.
 */
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import { addHealthRoutes, type HealthState } from "./health.ts";
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
  /** Bytes of all bodies received and not answered yet; beyond it 429. Default: 268_435_456. */
  heldBytesMax?: number | undefined;
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
  addHealthRoutes(app, state, options.metrics);
  addRunRoute(app, {
    run: options.run,
    serves: options.serves,
    telemetry,
    verify: options.verify,
    bodies: { limitBytes: options.bodyLimitBytes, heldBytesMax: options.heldBytesMax ?? 2 ** 28 },
    scheme: options.publicScheme ?? (tls === undefined ? "http" : "https"),
  });

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
