/**
 * Everything the service tells about itself, as one closed union. Rooms emit events; the log and Prometheus
 * subscribe. Labels are bounded: registered function names, statuses, reasons from closed lists, never ids.
 */
import type { EndpointEvent } from "./endpoint-events.ts";
import type { PoolEvent } from "./pool-events.ts";
import type { SchedulerEvent } from "./scheduler-events.ts";

export type TelemetryEvent = EndpointEvent | PoolEvent | SchedulerEvent;

export interface Telemetry {
  /** Must not throw and must be cheap: it is called on the hot path, once per batch rather than once per run. */
  emit(event: TelemetryEvent): void;
}

/** For tests and for programs that embed a room without wanting to hear of it. */
export const silentTelemetry: Telemetry = { emit() {} };

/** One telemetry that tells several subscribers, in order. */
export function telemetryTo(...subscribers: ((event: TelemetryEvent) => void)[]): Telemetry {
  return {
    emit(event) {
      for (const subscriber of subscribers) subscriber(event);
    },
  };
}
