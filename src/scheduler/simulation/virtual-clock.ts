/** A clock that stands still until it is told to jump to whatever is due next. */
import type { Clock } from "../clock.ts";
import { type Timed, Timers } from "../timers.ts";

interface VirtualTimer extends Timed {
  readonly fire: () => void;
}

export class VirtualClock implements Clock {
  readonly #timers = new Timers<VirtualTimer>();
  #deferred: (() => void)[] = [];
  #nowMs: number;
  /** How far the time of day was set forward. */
  #setForwardMs = 0;

  constructor(nowMs = Date.UTC(2030, 0, 1)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#setForwardMs;
  }

  /** As after a sleep of the machine, or when it is told the time: no time passes. */
  setForward(ms: number): void {
    this.#nowMs += ms;
    this.#setForwardMs += ms;
  }

  setTimer(atMs: number, fire: () => void): () => void {
    const timer: VirtualTimer = { timerSlot: -1, timerAtMs: 0, fire };
    this.#timers.set(timer, Math.max(atMs, this.#nowMs));
    return () => this.#timers.remove(timer);
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.setTimer(this.#nowMs + ms, resolve);
    });
  }

  get nextTimerAtMs(): number | undefined {
    return this.#timers.nextAtMs();
  }

  /**
   * Does what was deferred, or else jumps to the next timer that is due by `untilMs` and fires it. False when
   * there is neither. Promises settle before and after.
   */
  async step(untilMs = Number.MAX_SAFE_INTEGER): Promise<boolean> {
    await settle();
    if (this.#deferred.length > 0) {
      const deferred = this.#deferred;
      this.#deferred = [];
      for (const run of deferred) run();
      await settle();
      return true;
    }
    const nextAtMs = this.#timers.nextAtMs();
    if (nextAtMs === undefined || nextAtMs > untilMs) return false;
    this.#nowMs = Math.max(this.#nowMs, nextAtMs);
    this.#timers.takeDue(this.#nowMs)!.fire();
    await settle();
    return true;
  }

  /** Jumps from timer to timer until `ms` have passed. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    while (await this.step(untilMs));
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}

/** Resolves once everything that only waits for promises has happened: the event loop has gone round. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
