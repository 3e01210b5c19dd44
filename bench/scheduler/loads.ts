/** Closed loops of clients in the scheduler's own process. */
import type { DispatchCall, Scheduler } from "../../src/scheduler/index.ts";
import { INPUT } from "./functions.ts";

const call = (name: string, input: Uint8Array): DispatchCall => ({
  endpoint: "bridge://bench",
  function: name,
  input,
});

/** `clients` clients, each dispatching `batch` calls and waiting for all of them, for `ms`. Gives calls a second. */
export async function throughput(
  scheduler: Scheduler,
  name: string,
  clients: number,
  batch: number,
  ms: number,
  input: Uint8Array = INPUT,
): Promise<{ perSecond: number; calls: number; latenciesMs: Float64Array }> {
  const calls = Array.from({ length: batch }, () => call(name, input));
  const latencies: number[] = [];
  let done = 0;
  const startedMs = performance.now();
  const client = async () => {
    while (performance.now() - startedMs < ms) {
      const sentMs = performance.now();
      const ids = await scheduler.dispatch(calls);
      await Promise.all(ids.map((id) => scheduler.wait(id)));
      latencies.push(performance.now() - sentMs);
      done += batch;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - startedMs) / 1000;
  return { perSecond: done / seconds, calls: done, latenciesMs: Float64Array.from(latencies) };
}

/** Dispatches `count` calls that suspend, and waits until all have. */
export async function suspend(scheduler: Scheduler, count: number, input: Uint8Array = INPUT): Promise<void> {
  const batch = 1000;
  const before = scheduler.stats().liveCalls;
  for (let made = 0; made < count; made += batch) {
    await scheduler.dispatch(
      Array.from({ length: Math.min(batch, count - made) }, () => call("sleeper", input)),
    );
  }
  for (;;) {
    const { readyCalls, runsInFlight, pendingChanges, liveCalls } = scheduler.stats();
    if (readyCalls === 0 && runsInFlight === 0 && pendingChanges === 0 && liveCalls >= before + count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
