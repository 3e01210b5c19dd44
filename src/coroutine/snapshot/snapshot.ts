/** Coroutines to bytes and back. */

import { IncompatibleStateError, PermanentError } from "../../sdk/index.ts";
import {
  CannotCarryError,
  decodeGraph,
  encodeGraph,
  type GraphLimits,
  type TrailStep,
} from "../../wire/graph/index.ts";
import { CallTask, Coroutine, SleepTask } from "../coroutine.ts";
import type { Deferred } from "../runtime/combinators.ts";
import { AsyncGeneratorFrame, GeneratorFrame } from "../runtime/generators.ts";
import { frameNumber } from "../runtime/owner.ts";
import type { FrameDescription } from "../runtime/registry.ts";
import { Task } from "../runtime/task.ts";
import "./module-classes.ts";
import { SnapshotReader } from "./allocate.ts";
import { SnapshotWriter } from "./describe.ts";

export interface Snapshot {
  readonly bytes: Uint8Array;
  /**
   * Promises in it that are settled from outside: by a timer, or by a library. Suspending would lose them, so they
   * are waited for in place.
   */
  readonly waitingOutside: readonly Deferred[];
}

/**
 * Writes a quiet coroutine.
 *
 * @throws PermanentError naming the variable, file and line of what cannot be saved
 */
export function encodeCoroutine(coroutine: Coroutine, limits: GraphLimits = {}): Snapshot {
  const hooks = new SnapshotWriter();
  const { main, nextCall, next, pending, sleeping, lastRound } = coroutine;
  const root = [main, nextCall, next, [...pending.values()], [...sleeping], lastRound];
  try {
    const bytes = encodeGraph(root, { hooks, ...limits, unknownErrors: "as-base" });
    return { bytes, waitingOutside: hooks.waitingOutside(coroutine.deferred) };
  } catch (error) {
    if (error instanceof CannotCarryError) throw cannotSave(error);
    throw error;
  }
}

/**
 * Reads a coroutine, which goes on when a result is delivered.
 *
 * @throws IncompatibleStateError when the code has changed, or the bytes are no such state
 */
export function decodeCoroutine(
  bytes: Uint8Array,
  nowMs?: () => number,
  limits: GraphLimits = {},
): Coroutine {
  const coroutine = new Coroutine(nowMs);
  const hooks = new SnapshotReader();
  const root = coroutine.enter(() => {
    try {
      const decoded = decodeGraph(bytes, { hooks, ...limits });
      hooks.finish();
      return decoded;
    } catch (error) {
      if (error instanceof IncompatibleStateError) throw error;
      // Whatever else fails is code of the user's: a class that can no longer be made, or a `fromState`.
      const message = error instanceof Error ? error.message : String(error);
      throw new IncompatibleStateError(`the saved state cannot be read: ${message}`, { cause: error });
    }
  });
  if (!isRoot(root)) throw new IncompatibleStateError("the saved state cannot be read: it is no coroutine");
  const [main, nextCall, next, pending, sleeping, lastRound] = root;
  coroutine.main = main;
  coroutine.nextCall = nextCall;
  coroutine.next = frameNumber(next);
  for (const task of pending) coroutine.pending.set(task.correlationId, task);
  for (const task of sleeping) coroutine.sleeping.add(task);
  coroutine.lastRound = lastRound;
  return coroutine;
}

type Root = [Task, number, number, CallTask[], SleepTask[], number[]];

function isRoot(value: unknown): value is Root {
  if (!Array.isArray(value) || value.length !== 6) return false;
  const [main, nextCall, next, pending, sleeping, lastRound] = value as unknown[];
  return (
    main instanceof Task &&
    Number.isSafeInteger(nextCall) &&
    Number.isSafeInteger(next) &&
    isListOf(pending, (task) => task instanceof CallTask) &&
    isListOf(sleeping, (task) => task instanceof SleepTask) &&
    isListOf(lastRound, Number.isSafeInteger)
  );
}

const isListOf = (value: unknown, check: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(check);

/** `pipeline: variable conn.socket (functions.ts:41) cannot be saved: Socket. What to do.` */
function cannotSave(error: CannotCarryError): PermanentError {
  const { trail, hint } = error;
  const what = error.what.replace(/^an? /, "");
  const index = trail.findLastIndex((step) => frameOf(step) !== undefined);
  const help = hint === undefined ? "" : `. ${hint}`;
  if (index < 0) {
    const path = trail.map((step) => step.label).join("");
    return new PermanentError(`suspended state${path} cannot be saved: ${what}${help}`, { cause: error });
  }
  const { name, file, points } = frameOf(trail[index]!)!;
  const line = points[(trail[index]!.holder as Task).$$P]?.[0]?.split(":")[0] ?? "?";
  const variable = trail
    .slice(index)
    .map((step) => step.label)
    .join("");
  return new PermanentError(
    `${name}: variable ${variable} (${file}:${line}) cannot be saved: ${what}${help}`,
    {
      cause: error,
    },
  );
}

function frameOf({ holder }: TrailStep): FrameDescription | undefined {
  const isFrame =
    holder instanceof GeneratorFrame ||
    holder instanceof AsyncGeneratorFrame ||
    (holder instanceof Task && holder.$$S === 0);
  return isFrame ? ((holder as Task).$$D ?? undefined) : undefined;
}
