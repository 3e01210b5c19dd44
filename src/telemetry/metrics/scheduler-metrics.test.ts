import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import type { SchedulerEvent } from "../scheduler-events.ts";
import { schedulerMetrics } from "./scheduler-metrics.ts";

test("names that callers invent do not make series without end; what is served here keeps its own", async () => {
  const registry = new Registry();
  const count: (event: SchedulerEvent) => void = schedulerMetrics(registry, (name) => name === "served");
  const failAndEnd = (name: string) => {
    count({ type: "scheduler-attempt-failed", function: name, status: "NOT_FOUND" });
    count({ type: "scheduler-calls-ended", function: name, state: "failed", count: 2 });
  };
  for (let i = 0; i < 3_000; i++) failAndEnd(`unknown_${i}`);
  failAndEnd("served");
  failAndEnd("unknown_0");
  const text = await registry.metrics();
  const series = (name: string) => text.split("\n").filter((line) => line.startsWith(`${name}{`));
  const ended = series("dispatch_calls_ended_total");
  assert.equal(ended.length, 1_002);
  assert.equal(series("dispatch_call_attempts_failed_total").length, 1_002);
  for (const [name, calls] of [
    ["served", 2],
    ["unknown_0", 4],
    ["(other)", 4_000],
  ]) {
    const line = `dispatch_calls_ended_total{function="${name}",state="failed"} ${calls}`;
    assert.ok(ended.includes(line), line);
  }
});
