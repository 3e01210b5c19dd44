/**
 * The runs that wait for a thread. Short ones may overtake long ones, so that a function that computes does not delay
 * those that do not; for how long a long one can be overtaken is bounded. Runs of a kind keep their order.
 */
import { Deque } from "./deque.ts";
import { isIsolated, type Run } from "./run.ts";

/** A run that was overtaken for this long goes to the next thread that gets anything. */
const OVERTAKEN_MS_MAX = 50;

export interface Room {
  nowMs: number;
  /** Microseconds of computing that still fit. */
  micros: number;
  /** Bytes of request that still fit. */
  bytes: number;
  /** Whether the thread has nothing to compute: then the first run fits, however long. */
  isIdle: boolean;
  mayTakeIsolated: boolean;
}

export class RunQueue<T = unknown> {
  readonly #light = new Deque<Run>();
  readonly #heavy = new Deque<Run>();
  readonly #isolated = new Deque<Run>();
  /** Runs that would rather go to a certain thread. */
  readonly #preferring = new Map<T, Run[]>();
  #length = 0;
  #micros = 0;

  get length(): number {
    return this.#length;
  }

  /** Expected computing of all that wait. */
  get micros(): number {
    return this.#micros;
  }

  push(run: Run): void {
    run.costMicros = run.fn.costMicros;
    this.#dequeFor(run).push(run);
    this.#length++;
    this.#micros += run.costMicros;
  }

  /** A run that would rather go to `thread`; for {@link takePreferring} alone. */
  pushPreferring(run: Run, thread: T): void {
    run.costMicros = run.fn.costMicros;
    const runs = this.#preferring.get(thread);
    if (runs === undefined) this.#preferring.set(thread, [run]);
    else runs.push(run);
    this.#length++;
    this.#micros += run.costMicros;
  }

  /** Takes all runs that prefer a thread. */
  takePreferring(): [thread: T, runs: Run[]][] {
    if (this.#preferring.size === 0) return [];
    const all = Array.from(this.#preferring, ([thread, runs]): [T, Run[]] => [
      thread,
      runs.filter((run) => !run.answered),
    ]);
    this.#preferring.clear();
    for (const [, runs] of all) for (const run of runs) this.#left(run);
    return all;
  }

  /** Puts runs that were with a thread already before all others. */
  putBack(runs: readonly Run[]): void {
    for (const deque of [this.#light, this.#heavy, this.#isolated]) {
      const own = runs.filter((run) => this.#dequeFor(run) === deque);
      if (own.length > 0) deque.unshift(own);
    }
    this.#length += runs.length;
    for (const run of runs) this.#micros += run.costMicros;
  }

  /** Takes the next run that fits, or nothing. */
  take(room: Room): Run | undefined {
    const deque = this.#next(room);
    const run = deque?.shift();
    if (run !== undefined) this.#left(run);
    return run;
  }

  /** Takes a long run that was overtaken for too long, whatever room there is. */
  takeOvertaken(nowMs: number): Run | undefined {
    const heavy = first(this.#heavy);
    if (heavy === undefined || nowMs - heavy.queuedAtMs <= OVERTAKEN_MS_MAX) return undefined;
    this.#heavy.shift();
    this.#left(heavy);
    return heavy;
  }

  /** For a run that is answered while it waits; it is passed over when its turn comes. */
  forget(run: Run): void {
    this.#left(run);
  }

  takeAll(): Run[] {
    const all = this.takePreferring().flatMap(([, runs]) => runs);
    for (const deque of [this.#isolated, this.#light, this.#heavy]) {
      for (let run = first(deque); run !== undefined; run = first(deque)) {
        deque.shift();
        all.push(run);
      }
    }
    this.#length = 0;
    this.#micros = 0;
    return all;
  }

  #next(room: Room): Deque<Run> | undefined {
    this.#isolate(this.#light);
    this.#isolate(this.#heavy);
    const isolated = room.mayTakeIsolated ? first(this.#isolated) : undefined;
    if (isolated !== undefined && fits(isolated, room)) return this.#isolated;
    const light = first(this.#light);
    if (light !== undefined && fits(light, room)) return this.#light;
    const heavy = first(this.#heavy);
    return heavy !== undefined && fits(heavy, room) ? this.#heavy : undefined;
  }

  /** A function may have ended threads since its runs were queued. */
  #isolate(deque: Deque<Run>): void {
    for (let run = first(deque); run !== undefined && isIsolated(run); run = first(deque)) {
      deque.shift();
      this.#isolated.push(run);
    }
  }

  #dequeFor(run: Run): Deque<Run> {
    if (isIsolated(run)) return this.#isolated;
    return run.fn.isHeavy ? this.#heavy : this.#light;
  }

  #left(run: Run): void {
    this.#length--;
    this.#micros = this.#length === 0 ? 0 : this.#micros - run.costMicros;
  }
}

const fits = (run: Run, room: Room) =>
  (room.isIdle || run.costMicros <= room.micros) && run.request.length <= room.bytes;

/** The first run that still wants a thread. */
function first(deque: Deque<Run>): Run | undefined {
  while (deque.peek()?.answered) deque.shift();
  return deque.peek();
}
