/** The scheduler's figures at one moment. */
import type { Suspects } from "./deaths/suspects.ts";
import type { Engine } from "./engine.ts";
import type { Routes } from "./queue/routes.ts";

export interface SchedulerStats {
  readonly liveCalls: number;
  /** Ready and waiting for a place. */
  readonly readyCalls: number;
  /** How long the call that has waited longest for a place has waited; 0 when none waits. */
  readonly oldestReadyMs: number;
  readonly runsInFlight: number;
  readonly timers: number;
  readonly pendingChanges: number;
  readonly payloadBytes: number;
  readonly routes: readonly {
    readonly endpoint: string;
    readonly function: string;
    readonly limit: number;
    readonly inFlight: number;
    readonly waiting: number;
  }[];
}

export function statsOf(
  { calls, clock, committer, payloads, timers }: Engine,
  routes: Routes,
  suspects: Suspects,
): SchedulerStats {
  const nowMs = clock.monotonicMs();
  let oldestReadyAtMs = Math.min(nowMs, suspects.oldestReadyAtMs);
  for (const route of routes) oldestReadyAtMs = Math.min(oldestReadyAtMs, route.oldestReadyAtMs);
  return {
    liveCalls: calls.size,
    readyCalls: routes.waiting + suspects.waiting,
    oldestReadyMs: nowMs - oldestReadyAtMs,
    runsInFlight: routes.inFlight,
    timers: timers.size,
    pendingChanges: committer.pending,
    payloadBytes: payloads.bytes,
    routes: [...routes].map((route) => ({
      endpoint: route.endpoint,
      function: route.function,
      limit: route.limit,
      inFlight: route.inFlight,
      waiting: route.waiting,
    })),
  };
}
