/**
 * Which thread gets which of the waiting runs. Pure.
 *
 * A thread is sent little more than it can compute in a moment: what waits in front of the threads can still go to
 * any of them, be overtaken or be cancelled; what waits in a thread can not. The load of a thread is the computing it
 * was sent and has not started yet; when it has been silent for longer than that should take, the time of its silence.
 */
import { isIsolated, type Run } from "./run.ts";
import type { RunQueue } from "./run-queue.ts";

/** What routing needs to know of a thread. */
export interface Route {
  /** Runs it may still be sent. */
  readonly capacity: number;
  /** Expected computing of what it was sent and has not yet started, microseconds. */
  readonly pendingMicros: number;
  /** Runs that it has started and that wait for something. */
  readonly waitingRuns: number;
  readonly isolatedRuns: number;
  /** When the oldest message was sent to it that it has not worked off; infinite for none. */
  readonly silentSinceMs: number;
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

/** A thread is not sent more computing than this ahead of time; enough to bridge the way to the front and back. */
export const AHEAD_MICROS = 2_000;
/** A thread silent for this long is sent nothing more, and what it has not started can be taken back. */
export const SILENT_MS = 5;
/** A thread may be loaded by this much more than the next before work is shared with that: waking one costs, too. */
const UNEVEN_MICROS = 150;
/** What a run that waits in a thread counts for: sooner or later it computes. */
const WAITING_RUN_MICROS = 10;

/** Takes one chunk off `queue` for the least loaded thread that has room, or nothing. */
export function nextChunk<T extends Route>(
  queue: RunQueue,
  threads: readonly T[],
  limits: RoutingLimits,
  nowMs: number,
): Chunk<T> | undefined {
  const [thread, loadOfNext] = leastLoaded(threads, nowMs);
  if (thread === undefined) return undefined;
  const chunk: Chunk<T> = { thread, runs: [], bytes: 0 };
  const load = loadOf(thread, nowMs);
  const roomMicros = AHEAD_MICROS - thread.pendingMicros;
  const runsMax = Math.min(thread.capacity, limits.batchRunsMax);
  let micros = 0;
  let mayTakeIsolated = thread.isolatedRuns === 0;
  while (chunk.runs.length < runsMax) {
    if (micros > 0 && load + micros > loadOfNext + UNEVEN_MICROS) break;
    const isIdle = thread.pendingMicros + micros === 0;
    // One run is sent however large it is.
    const bytes = chunk.runs.length === 0 ? Number.POSITIVE_INFINITY : limits.batchBytesMax - chunk.bytes;
    const run = queue.take({ nowMs, micros: roomMicros - micros, bytes, isIdle, mayTakeIsolated });
    if (run === undefined) break;
    chunk.runs.push(run);
    chunk.bytes += run.request.length;
    micros += run.costMicros;
    if (isIsolated(run)) mayTakeIsolated = false;
  }
  const overtaken =
    chunk.runs.length < thread.capacity && !isLong(chunk) ? queue.takeOvertaken(nowMs) : undefined;
  if (overtaken !== undefined) {
    // After the short ones, whose answers it does not hold up there.
    chunk.runs.push(overtaken);
    chunk.bytes += overtaken.request.length;
  }
  return chunk.runs.length === 0 ? undefined : chunk;
}

const isLong = (chunk: Chunk<Route>) => chunk.runs.at(-1)?.fn.isHeavy === true;

export function hasRoom(thread: Route, nowMs: number): boolean {
  return (
    thread.capacity > 0 && thread.pendingMicros < AHEAD_MICROS && nowMs - thread.silentSinceMs < SILENT_MS
  );
}

export function loadOf(thread: Route, nowMs: number): number {
  const silentMicros = (nowMs - thread.silentSinceMs) * 1_000;
  return Math.max(thread.pendingMicros, silentMicros) + thread.waitingRuns * WAITING_RUN_MICROS;
}

/** The thread with the least load of those with room, and the load of the next. */
function leastLoaded<T extends Route>(threads: readonly T[], nowMs: number): [T | undefined, number] {
  let best: T | undefined;
  let least = Number.POSITIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  for (const thread of threads) {
    if (!hasRoom(thread, nowMs)) continue;
    const load = loadOf(thread, nowMs);
    if (load < least) {
      next = least;
      least = load;
      best = thread;
    } else if (load < next) next = load;
  }
  return [best, next];
}
