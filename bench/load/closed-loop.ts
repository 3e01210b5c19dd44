/** Closed loop: each connection sends its next request when the last is answered. autocannon does the work. */
import autocannon from "autocannon";
import type { LoadOrder, LoadReport } from "./types.ts";

export async function closedLoop(order: LoadOrder): Promise<LoadReport> {
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const result = await autocannon({
    url: order.url,
    method: order.method ?? "POST",
    headers: order.headers,
    ...(order.method === "GET" ? {} : { body: Buffer.from(order.body) }),
    connections: order.connections,
    duration: order.seconds,
    sampleInt: 250,
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    answers: result["2xx"],
    errors: result.errors + result.non2xx + result.timeouts,
    seconds: result.duration,
    latencyMs: {
      p50: result.latency.p50,
      p90: result.latency.p90,
      p99: result.latency.p99,
      p999: result.latency.p99_9,
      max: result.latency.max,
    },
    generatorLoad: (cpu.user + cpu.system) / 1e6 / seconds,
  };
}
