import type { FastifyInstance } from "fastify";
import { ConnectError } from "../wire/connect-error.ts";

/** Pages that answer whether or not the functions are there. */
const PROBES: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Holds requests while the service starts. The address must be taken first, because functions are told it as they
 * load; what arrives in between waits instead of failing.
 */
export class StartGate {
  #state: "closed" | "open" | "broken" = "closed";
  #waiting: ((error?: Error) => void)[] = [];

  constructor(app: FastifyInstance) {
    app.addHook("onRequest", (request, _reply, done) => {
      if (this.#state === "open" || PROBES.has(request.url)) done();
      else if (this.#state === "broken") done(notStarted());
      else this.#waiting.push(done);
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  open(): void {
    this.#state = "open";
    for (const go of this.#waiting.splice(0)) go();
  }

  /** The start failed: those that waited are told so. */
  break(): void {
    this.#state = "broken";
    for (const refuse of this.#waiting.splice(0)) refuse(notStarted());
  }
}

function notStarted(): ConnectError {
  return new ConnectError("unavailable", "the service could not start", { retryAfterMs: 1_000 });
}
