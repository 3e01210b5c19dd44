/** Every live call: as an object when something goes on with it, as a row of numbers while it waits. */
import type { Call } from "./call/call.ts";
import { type Entry, newEntry } from "./entry.ts";
import { Sleepers } from "./sleep/sleepers.ts";
import type { TimerSource } from "./timer-driver.ts";

export class WorkingSet {
  /** A number is the slot of a sleeper. */
  readonly #calls = new Map<number, Entry | number>();
  readonly #sleepers = new Sleepers();
  /** Told of an entry that was a sleeper. */
  readonly #woken: (entry: Entry) => void;

  constructor(woken: (entry: Entry) => void) {
    this.#woken = woken;
  }

  get size(): number {
    return this.#calls.size;
  }

  get asleep(): number {
    return this.#sleepers.size;
  }

  /** Timers of the sleepers; taking one wakes its call up. */
  readonly timers: TimerSource<Entry> = {
    size: () => this.#sleepers.timers.size,
    nextAtMs: () => this.#sleepers.timers.nextAtMs(),
    takeDue: (nowMs) => {
      const slot = this.#sleepers.timers.takeDue(nowMs);
      return slot < 0 ? undefined : this.#wake(slot);
    },
  };

  has(id: number): boolean {
    return this.#calls.has(id);
  }

  /** Wakes the call up if it sleeps. */
  get(id: number): Entry | undefined {
    const found = this.#calls.get(id);
    return typeof found === "number" ? this.#wake(found) : found;
  }

  /** Without waking it. */
  peek(id: number): Call | undefined {
    const found = this.#calls.get(id);
    return typeof found === "number" ? this.#sleepers.read(found) : found?.call;
  }

  isAsleep(id: number): boolean {
    return typeof this.#calls.get(id) === "number";
  }

  /** Whether this very entry stands for its call: one that slept since does not. */
  isCurrent(entry: Entry): boolean {
    return this.#calls.get(entry.call.id) === entry;
  }

  add(entry: Entry): void {
    this.#calls.set(entry.call.id, entry);
  }

  delete(id: number): void {
    const found = this.#calls.get(id);
    if (typeof found === "number") this.#sleepers.take(found);
    this.#calls.delete(id);
  }

  /** False when the entry is in use: nobody may hold on to one that was put to sleep. */
  putToSleep(entry: Entry): boolean {
    const { call } = entry;
    if (entry.queued || entry.run !== undefined || entry.durableArrivals !== call.arrivals) return false;
    if (!Sleepers.accepts(call)) return false;
    this.#calls.set(call.id, this.#sleepers.put(call));
    return true;
  }

  /** While recovering: straight to sleep where that can be. */
  addRecovered(call: Call): void {
    this.#calls.set(call.id, Sleepers.accepts(call) ? this.#sleepers.put(call) : newEntry(call));
  }

  /** While recovering: counts a child of the call, in place. */
  adopt(id: number, awaited: boolean): void {
    const found = this.#calls.get(id)!;
    if (typeof found === "number") this.#sleepers.adopt(found, awaited);
    else {
      const { children, outstanding } = found.call;
      found.call = { ...found.call, children: children + 1, outstanding: outstanding + (awaited ? 1 : 0) };
    }
  }

  ids(): IterableIterator<number> {
    return this.#calls.keys();
  }

  #wake(slot: number): Entry {
    const entry = newEntry(this.#sleepers.take(slot));
    this.#calls.set(entry.call.id, entry);
    this.#woken(entry);
    return entry;
  }
}
