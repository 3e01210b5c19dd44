/** Removes finished calls after their time, a little at a time. */
import type { StoreSession } from "../store/index.ts";
import type { Clock } from "./clock.ts";
import type { Engine } from "./engine.ts";
import type { SchedulerSettings } from "./options.ts";

/** Rows removed between two commits: a few milliseconds. */
const BATCH = 500;

export class Retention {
  readonly #session: Pick<StoreSession, "removeFinished">;
  readonly #settings: SchedulerSettings;
  readonly #clock: Clock;
  readonly #engine: Engine;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(
    session: Pick<StoreSession, "removeFinished">,
    settings: SchedulerSettings,
    clock: Clock,
    engine: Engine,
  ) {
    this.#session = session;
    this.#settings = settings;
    this.#clock = clock;
    this.#engine = engine;
  }

  start(): void {
    if (this.#stopped) return;
    const atMs = this.#clock.now() + this.#settings.retentionIntervalMs;
    this.#cancelTimer = this.#clock.setTimer(atMs, () => {
      this.runOnce()
        .catch((error: unknown) => {
          if (!this.#stopped) this.#engine.fault("retention", error);
        })
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** Removes everything that is old now. Gives how many calls that were. */
  async runOnce(): Promise<number> {
    const nowMs = this.#clock.now();
    const finishedBeforeMs = nowMs - this.#settings.retentionMs;
    let removed = 0;
    let afterId: number | undefined = 0;
    while (afterId !== undefined && !this.#stopped) {
      const step: { removed: number; nextAfterId: number | undefined } = await this.#session.removeFinished({
        finishedBeforeMs,
        nowMs,
        afterId,
        limit: BATCH,
      });
      removed += step.removed;
      afterId = step.nextAfterId;
    }
    if (removed > 0) this.#settings.telemetry.emit({ type: "scheduler-removed", count: removed });
    return removed;
  }
}
