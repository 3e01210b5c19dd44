/**
 * The operator's port: the live page at `/`, health and metrics. It is apart from the endpoint, so that it can stay on
 * loopback while the endpoint is reached from outside.
 */
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import { addLiveRoutes, type LiveFeed } from "./live/index.ts";
import { createServer } from "./server.ts";

export interface AdminOptions {
  feed: LiveFeed;
  telemetry: Telemetry;
  metrics: (() => Promise<{ contentType: string; text: string }>) | undefined;
  bodyLimitBytes: number;
  requestTimeoutMs: number;
}

export interface Admin {
  /** For further routes, before it listens: the Control API that the page asks. */
  readonly app: FastifyInstance;
  /** Resolves with the URL listened on. */
  listen(address: { host: string; port: number }): Promise<string>;
  close(): Promise<void>;
}

/** Operators are few. */
const CONNECTIONS_MAX = 256;

export function createAdmin(options: AdminOptions): Admin {
  const app = createServer({ ...options, connectionsMax: CONNECTIONS_MAX, tls: undefined });
  addLiveRoutes(app, options.feed);
  app.get("/healthz", (_request, reply) => reply.type("text/plain").send("ok\n"));
  if (options.metrics !== undefined) {
    const { metrics } = options;
    app.get("/metrics", async (_request, reply) => {
      const { contentType, text } = await metrics();
      return reply.type(contentType).send(text);
    });
  }
  return {
    app,
    async listen(address) {
      await app.listen(address);
      const { port } = app.server.address() as AddressInfo;
      return `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${port}`;
    },
    close: () => app.close(),
  };
}
