/** Which thread gets which of the waiting runs. Pure. */
import type { FunctionCosts } from "./costs.ts";
import type { Run } from "./run.ts";

/** What routing needs to know of a thread. */
export interface Route {
  readonly capacity: number;
  readonly suspects: number;
  readonly inFlight: { readonly size: number };
}

export interface Chunk<T extends Route> {
  thread: T;
  runs: Run[];
  bytes: number;
}

export interface RoutingLimits {
  batchRunsMax: number;
  batchBytesMax: number;
}

/** A chunk that keeps its thread busy for longer than this is better shared with another. */
const CHUNK_MICROS_MAX = 500;

/**
 * Takes one chunk off the front of `waiting` for the least loaded thread, or nothing when no thread has room. A
 * suspect goes to a thread that has none; while there is no such thread it stays behind and others overtake it.
 */
export function nextChunk<T extends Route>(
  waiting: Run[],
  threads: readonly T[],
  costs: FunctionCosts,
  limits: RoutingLimits,
): Chunk<T> | undefined {
  const suspectFirst = waiting[0] !== undefined && waiting[0].strikes > 0;
  const thread =
    (suspectFirst ? leastLoaded(threads.filter((one) => one.suspects === 0)) : undefined) ??
    leastLoaded(threads);
  if (thread === undefined) return undefined;
  const microsMax = threads.length > 1 ? CHUNK_MICROS_MAX : Number.POSITIVE_INFINITY;
  const chunk: Chunk<T> = { thread, runs: [], bytes: 0 };
  const room = Math.min(thread.capacity, limits.batchRunsMax);
  let mayTakeSuspect = thread.suspects === 0;
  let micros = 0;
  let taken = 0;
  const behind: Run[] = [];
  for (; taken < waiting.length && chunk.runs.length < room && micros < microsMax; taken++) {
    const run = waiting[taken]!;
    if (run.strikes > 0 && !mayTakeSuspect) {
      behind.push(run);
      continue;
    }
    if (chunk.runs.length > 0 && chunk.bytes + run.request.length > limits.batchBytesMax) break;
    if (run.strikes > 0) mayTakeSuspect = false;
    chunk.runs.push(run);
    chunk.bytes += run.request.length;
    micros += costs.of(run.functionName);
  }
  waiting.splice(0, taken, ...behind);
  return chunk.runs.length === 0 ? undefined : chunk;
}

function leastLoaded<T extends Route>(threads: readonly T[]): T | undefined {
  let best: T | undefined;
  for (const thread of threads) {
    if (thread.capacity > 0 && (best === undefined || thread.inFlight.size < best.inFlight.size))
      best = thread;
  }
  return best;
}
