/**
 * A scheduler that outlives its store: when the store is lost, the scheduler is given up as if its process had died,
 * and another one is opened as soon as the same store can be.
 */
import { StoreError } from "../store/index.ts";
import { type Clock, SystemClock } from "./clock.ts";
import type { SchedulerOptions } from "./options.ts";
import { Scheduler } from "./scheduler.ts";

export interface SupervisorOptions extends SchedulerOptions {
  /** Told of every scheduler but the first. */
  onReopened?: (scheduler: Scheduler) => void;
}

/** Between two attempts to open the store: grows from the first to the second. */
const REOPEN_MS = 1_000;
const REOPEN_MS_MAX = 30_000;
/** A scheduler that lives for so long has a sound store: the next loss starts with the short pause again. */
const SOUND_MS = 300_000;

export class SchedulerSupervisor {
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  #current!: Scheduler;
  #openedAtMs = 0;
  #failedInARow = 0;
  /** Why the store cannot be opened, while it cannot. */
  #lost: StoreError | undefined;
  #lostAtMs = 0;
  #cancelReopen: (() => void) | undefined;
  #opening: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #endAnnounced = false;

  /** As Scheduler.open: a store that cannot be opened at first is an error. */
  static async open(options: SupervisorOptions): Promise<SchedulerSupervisor> {
    const supervisor = new SchedulerSupervisor(options);
    supervisor.#take(await Scheduler.open(supervisor.#schedulerOptions()));
    return supervisor;
  }

  private constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
  }

  /** While the store is lost, the one that has lost it: it refuses everything as `unavailable`. */
  get current(): Scheduler {
    return this.#current;
  }

  /** Why no new call is taken, in words; undefined while all is well. */
  unready(): string | undefined {
    return this.#lost === undefined ? this.#current.unready() : `the store was lost (${this.#lost.code})`;
  }

  /** The process is about to end, see Scheduler.announceEnd: a store that is lost now is not opened again. */
  announceEnd(): void {
    this.#endAnnounced = true;
    this.#cancelReopen?.();
    this.#current.announceEnd();
  }

  /** May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#cancelReopen?.();
    await this.#opening;
    await this.#current.close();
  }

  #schedulerOptions(): SchedulerOptions {
    const { onReopened: _, ...options } = this.#options;
    return { ...options, onLost: (error) => this.#onLost(error) };
  }

  #take(scheduler: Scheduler): void {
    this.#current = scheduler;
    this.#openedAtMs = this.#clock.monotonicMs();
  }

  #onLost(error: StoreError): void {
    this.#options.onLost?.(error);
    this.#lostAtMs = this.#clock.monotonicMs();
    if (this.#lostAtMs - this.#openedAtMs >= SOUND_MS) this.#failedInARow = 0;
    this.#reopenLater(error);
  }

  /** Unless another process has taken over: the two would take the store from each other for ever. */
  #reopenLater(error: StoreError): void {
    this.#lost = error;
    const isLast = error.code === "fenced" || this.#endAnnounced;
    const reopenInMs = isLast ? undefined : Math.min(REOPEN_MS_MAX, REOPEN_MS * 2 ** this.#failedInARow++);
    const { code, message } = error;
    this.#options.telemetry?.emit({ type: "scheduler-store-lost", code, message, reopenInMs });
    if (reopenInMs === undefined || this.#closed !== undefined) return;
    this.#cancelReopen = this.#clock.setTimer(this.#clock.now() + reopenInMs, () => {
      this.#opening = this.#reopen(error);
    });
  }

  async #reopen(lost: StoreError): Promise<void> {
    const before = this.#current;
    try {
      await before.close();
      if (this.#endAnnounced) return;
      const verify = lost.code === "corrupted";
      const scheduler = await Scheduler.open(this.#schedulerOptions(), { tag: before.storeTag, verify });
      this.#take(scheduler);
      if (this.#endAnnounced) scheduler.announceEnd();
    } catch (thrown) {
      this.#reopenLater(StoreError.from(thrown));
      return;
    }
    this.#lost = undefined;
    const lostForMs = this.#clock.monotonicMs() - this.#lostAtMs;
    this.#options.telemetry?.emit({ type: "scheduler-store-reopened", lostForMs });
    this.#options.onReopened?.(this.#current);
  }
}
