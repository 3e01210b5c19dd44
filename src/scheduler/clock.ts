/** Time as the scheduler uses it: passed in, so that tests and simulations own it. */

export interface Clock {
  /** Milliseconds since 1970. Never goes back. */
  now(): number;
  /** Calls `fire` once, not before `atMs`; gives a function that calls it off. */
  setTimer(atMs: number, fire: () => void): () => void;
  /** Calls `run` soon, after what is going on in this turn: where batches are closed. */
  defer(run: () => void): void;
  /** Milliseconds of a clock that only measures: latencies. */
  monotonicMs(): number;
}

export interface ClockSources {
  wallMs(): number;
  monotonicMs(): number;
}

/**
 * The system's time, made to never go back: when the wall clock jumps back, this one goes on from where it was
 * at the speed of the monotonic clock until the wall clock has caught up, so every timer keeps its length.
 * `floorMs` is the latest time the store has seen: the same holds across a restart.
 */
export class SystemClock implements Clock {
  readonly #sources: ClockSources;
  #lastMs: number;
  #lastMonotonicMs: number;

  constructor(floorMs = 0, sources: ClockSources = SYSTEM_SOURCES) {
    this.#sources = sources;
    this.#lastMs = floorMs;
    this.#lastMonotonicMs = sources.monotonicMs();
  }

  now(): number {
    const monotonicMs = this.#sources.monotonicMs();
    const onwards = this.#lastMs + Math.max(0, monotonicMs - this.#lastMonotonicMs);
    const nowMs = Math.max(this.#sources.wallMs(), onwards);
    this.#lastMs = nowMs;
    this.#lastMonotonicMs = monotonicMs;
    return Math.floor(nowMs);
  }

  setTimer(atMs: number, fire: () => void): () => void {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const leftMs = atMs - this.now();
      timer = leftMs <= LOOK_MS ? setTimeout(fire, Math.max(0, leftMs)) : setTimeout(wait, LOOK_MS);
    };
    wait();
    return () => clearTimeout(timer);
  }

  defer(run: () => void): void {
    setImmediate(run);
  }

  monotonicMs(): number {
    return this.#sources.monotonicMs();
  }
}

/**
 * Timers of the system do not run while a machine sleeps, and do not know of a wall clock that is set forward: the clock
 * is looked at this often.
 */
const LOOK_MS = 60_000;

const SYSTEM_SOURCES: ClockSources = { wallMs: Date.now, monotonicMs: () => performance.now() };
