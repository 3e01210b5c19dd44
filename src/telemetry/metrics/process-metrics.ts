/** What the process itself shows: the front's event loop, memory, processor time, the build. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";
import { gauge } from "./gauge.ts";

export interface ProcessMetrics {
  /** Stops the delay monitor. */
  stop(): void;
}

export function processMetrics(registry: Registry, version: string): ProcessMetrics {
  new Gauge({
    name: "dispatch_build_info",
    help: "Always 1; the version is in the labels.",
    labelNames: ["version", "node"],
    registers: [registry],
  }).set({ version, node: process.version }, 1);

  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  gauge(
    registry,
    "dispatch_front_event_loop_utilization_ratio",
    "Share of time since the last scrape in which the front's event loop was busy, 0 to 1.",
    (set) => {
      const now = performance.eventLoopUtilization();
      set(performance.eventLoopUtilization(now, utilization).utilization || 0);
      utilization = now;
    },
  );
  gauge(
    registry,
    "dispatch_front_event_loop_delay_p99_seconds",
    "99th percentile of the front's event-loop delay since the last scrape; about 10 ms are the sampling itself.",
    (set) => {
      set(delay.percentile(99) / 1e9);
      delay.reset();
    },
  );
  gauge(
    registry,
    "dispatch_process_resident_memory_bytes",
    "Resident memory of the process, all threads.",
    (set) => set(process.memoryUsage.rss()),
  );
  new Counter({
    name: "dispatch_process_cpu_seconds_total",
    help: "Processor time of the process, all threads.",
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  return { stop: () => delay.disable() };
}
