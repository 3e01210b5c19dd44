/** Runs and threads for tests of what decides without threads. */
import { PoolFunction } from "./functions.ts";
import type { Route } from "./routing.ts";
import { newRun, type Run } from "./run.ts";

let ids = 0;

/** A run of a function of its own, unless `changes` has one. */
export function testRun(changes: Partial<Run> = {}): Run {
  return {
    ...newRun({
      id: ids++,
      functionName: "f",
      fn: new PoolFunction("f"),
      request: new Uint8Array(),
      callId: undefined,
      queuedAtMs: 0,
      answer: () => {},
    }),
    started: true,
    ...changes,
  };
}

/** A function whose runs are known to compute for so long. */
export function functionThatTakes(micros: number): PoolFunction {
  const fn = new PoolFunction(`takes ${micros}`);
  for (let i = 0; i < 100; i++) fn.learn(micros);
  return fn;
}

/** An idle thread, but for `changes`. */
export function testRoute(changes: Partial<Route> = {}): Route {
  return {
    capacity: 1_024,
    pendingMicros: 0,
    waitingRuns: 0,
    isolatedRuns: 0,
    silentSinceMs: Number.POSITIVE_INFINITY,
    ...changes,
  };
}
