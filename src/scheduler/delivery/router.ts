import { Status } from "../../wire/status.ts";
import type { Delivery, Outcome, Run } from "../types.ts";
import type { BridgeSessions } from "./bridge/sessions.ts";
import { DestinationError, type DestinationPolicy } from "./destination.ts";
import { failure } from "./failure.ts";
import type { HttpTransport } from "./http.ts";

export interface RoutedDeliveryOptions {
  policy: DestinationPolicy;
  /** Runs of this process's own functions. Absent: the process has none, and such runs are NOT_FOUND. */
  local?: Delivery;
  http: HttpTransport;
  bridge: BridgeSessions;
}

/**
 * Carries each run to where its endpoint says. The policy is asked again for every run, because it may have
 * become stricter since the call was dispatched.
 */
export class RoutedDelivery implements Delivery {
  readonly #options: RoutedDeliveryOptions;

  constructor(options: RoutedDeliveryOptions) {
    this.#options = options;
  }

  deliver(run: Run): Promise<Outcome> {
    try {
      return this.#route(run);
    } catch (error) {
      return Promise.resolve(refused(error));
    }
  }

  #route(run: Run): Promise<Outcome> {
    const { policy, local, http, bridge } = this.#options;
    const destination = policy.resolve(run.endpoint);
    switch (destination.kind) {
      case "local":
        return (
          local?.deliver(run) ?? Promise.resolve(failure(Status.NOT_FOUND, "no functions are served here"))
        );
      case "http":
        return http.run({
          ...destination,
          request: run.request,
          timeoutMs: run.timeoutMs,
          signal: run.signal,
          trace: run.trace,
        });
      case "bridge":
        return bridge.run({
          ...destination,
          request: run.request,
          timeoutMs: run.timeoutMs,
          signal: run.signal,
          trace: run.trace,
        });
    }
  }
}

function refused(error: unknown): Outcome {
  if (!(error instanceof DestinationError)) throw error;
  return failure(
    error.code === "permission_denied" ? Status.PERMISSION_DENIED : Status.INVALID_ARGUMENT,
    error.message,
  );
}
