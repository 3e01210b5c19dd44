/** The pages for those who watch over the process: `/healthz`, `/readyz`, `/metrics`. */
import type { FastifyInstance } from "fastify";

export interface HealthState {
  stopping: boolean;
  readonly unready: (() => string | undefined) | undefined;
}

/**
 * `/healthz` answers 200 as long as the event loop turns; `/readyz` 503 with a reason when runs should be sent
 * elsewhere.
 */
export function addHealthRoutes(
  app: FastifyInstance,
  state: HealthState,
  metrics: (() => Promise<{ contentType: string; text: string }>) | undefined,
): void {
  app.get("/healthz", (_request, reply) => reply.type(PLAIN).send("ok\n"));
  app.get("/readyz", (_request, reply) => {
    const reason = state.stopping ? "stopping" : state.unready?.();
    return reply
      .code(reason === undefined ? 200 : 503)
      .type(PLAIN)
      .send(`${reason ?? "ok"}\n`);
  });
  if (metrics === undefined) return;
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await metrics();
    return reply.type(contentType).send(text);
  });
}

const PLAIN = "text/plain; charset=utf-8";
