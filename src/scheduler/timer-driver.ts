/** Keeps the clock set to the earliest timer of all calls, and says when it is due. */
import { NEVER_MS } from "../store/index.ts";
import type { Clock } from "./clock.ts";
import { type Timed, Timers } from "./timers.ts";

/** Timers handled before other work gets a turn. */
const PER_TURN = 1000;

/** Further timers, kept elsewhere. */
export interface TimerSource<T> {
  size(): number;
  nextAtMs(): number | undefined;
  takeDue(nowMs: number): T | undefined;
}

export class TimerDriver<T extends Timed> {
  readonly #timers = new Timers<T>();
  readonly #others: TimerSource<T>;
  readonly #clock: Clock;
  readonly #due: (item: T) => void;
  /** What the clock is set to; never later than the earliest timer. */
  #armedAtMs = NEVER_MS;
  #disarm: (() => void) | undefined;
  #stopped = false;

  constructor(clock: Clock, others: TimerSource<T>, due: (item: T) => void) {
    this.#clock = clock;
    this.#others = others;
    this.#due = due;
  }

  get size(): number {
    return this.#timers.size + this.#others.size();
  }

  /** NEVER_MS removes it. */
  set(item: T, atMs: number): void {
    this.#timers.set(item, atMs);
    if (atMs < this.#armedAtMs) this.#arm(atMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#disarm?.();
  }

  #arm(atMs: number): void {
    if (this.#stopped) return;
    this.#disarm?.();
    this.#armedAtMs = atMs;
    this.#disarm = this.#clock.setTimer(atMs, () => this.#fire());
  }

  #fire(): void {
    if (this.#stopped) return;
    const nowMs = this.#clock.now();
    let item: T | undefined;
    for (let fired = 0; fired < PER_TURN; fired++) {
      item = this.#timers.takeDue(nowMs) ?? this.#others.takeDue(nowMs);
      if (item === undefined) break;
      this.#due(item);
    }
    if (item !== undefined) this.#clock.defer(() => this.#fire());
    else {
      this.#disarm = undefined;
      this.#armedAtMs = NEVER_MS;
      this.rearm();
    }
  }

  /** After timers were set elsewhere. */
  rearm(): void {
    const nextAtMs = Math.min(this.#timers.nextAtMs() ?? NEVER_MS, this.#others.nextAtMs() ?? NEVER_MS);
    if (nextAtMs < this.#armedAtMs) this.#arm(nextAtMs);
  }
}
