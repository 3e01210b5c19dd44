/** Durable calls: what is dispatched is recorded, run until it ends, and its result given to whoever asks. */
import type { OpenOptions, StoreError, StoreSession, StoreStats } from "../store/index.ts";
import { statusName } from "../wire/status.ts";
import { type Clock, SystemClock } from "./clock.ts";
import type { Batch } from "./committer.ts";
import { Control } from "./control.ts";
import { acceptCalls } from "./dispatching.ts";
import { type Deferred, Engine } from "./engine.ts";
import type { Entry } from "./entry.ts";
import { SchedulerError } from "./errors.ts";
import { resolveOptions, type SchedulerOptions, type SchedulerSettings } from "./options.ts";
import { type Recovered, recover } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { Runner } from "./runner.ts";
import type { SchedulerApi } from "./seam.ts";
import { type SchedulerStats, statsOf } from "./stats.ts";
import type {
  CallDetails,
  CallEvent,
  CallResult,
  CallResults,
  CallSummary,
  DispatchCall,
  ListRequest,
  ListResponse,
} from "./types.ts";
import { usable } from "./usable.ts";
import { errorText } from "./wire/error.ts";

export class Scheduler implements SchedulerApi {
  readonly #settings: SchedulerSettings;
  readonly #session: StoreSession;
  readonly #clock: Clock;
  readonly #engine: Engine;
  readonly #runner: Runner;
  readonly #control: Control;
  readonly #retention: Retention;
  #closing: Promise<void> | undefined;
  #lost: StoreError | undefined;
  #cancelCheck: (() => void) | undefined;
  #recovered: Recovered | undefined;

  /**
   * Opens the store, recovers what lives in it and goes on. Throws StoreError when the store cannot be opened.
   * The scheduler owns the session it opens and closes it.
   */
  static async open(options: SchedulerOptions, openOptions: OpenOptions = {}): Promise<Scheduler> {
    const settings = resolveOptions(options);
    const session = await settings.store.open(openOptions);
    const scheduler = new Scheduler(settings, session);
    try {
      await scheduler.#recover();
    } catch (error) {
      await session.close();
      throw error;
    }
    return scheduler;
  }

  private constructor(settings: SchedulerSettings, session: StoreSession) {
    this.#settings = settings;
    this.#session = session;
    this.#clock = settings.clock ?? new SystemClock(session.latestMs);
    this.#engine = new Engine(session, settings, this.#clock, {
      committed: (batch, _result, ms) => this.#committed(batch, _result.duplicates, ms),
      failed: (batch, error, retryInMs) => this.#commitFailed(batch, error, retryInMs),
      failureOf: (entry) => this.#runner.timeoutOf(entry),
      ready: (entry) => this.#runner.enqueue(entry),
    });
    this.#runner = new Runner(this.#engine, session, settings);
    this.#control = new Control(this.#engine, session);
    this.#retention = new Retention(session, settings, this.#clock, this.#engine);
  }

  /** What the process before left behind. */
  get recovered(): Recovered {
    return this.#recovered!;
  }

  /** Of the store that the scheduler has, or had. */
  get storeTag(): string {
    return this.#session.tag;
  }

  /** Why no new call is taken, in words; undefined while all is well. */
  unready(): string | undefined {
    return this.#engine.committer.trouble ?? (this.#closing === undefined ? undefined : CLOSING);
  }

  async dispatch(calls: readonly DispatchCall[]): Promise<string[]> {
    if (calls.length === 0) return [];
    this.#refuseWhenFull(calls.length);
    const firstId = this.#engine.ids.take(calls.length) ?? (await this.#idsFor(calls.length));
    return await acceptCalls(this.#engine, calls, firstId, this.#settings);
  }

  async wait(id: string, signal?: AbortSignal): Promise<CallResult> {
    this.#refuseWaitsWhenClosing();
    return await usable(this.#control.wait(id, signal));
  }

  async waitMany(ids: readonly string[], signal?: AbortSignal, bytesMax?: number): Promise<CallResults> {
    this.#refuseWaitsWhenClosing();
    return await usable(this.#control.waitMany(ids, signal, bytesMax));
  }

  async get(id: string): Promise<CallDetails> {
    return await usable(this.#control.get(id));
  }

  async list(request: ListRequest): Promise<ListResponse> {
    return await usable(this.#control.list(request));
  }

  async events(id: string): Promise<CallEvent[]> {
    return await usable(this.#control.events(id));
  }

  async cancel(id: string): Promise<CallSummary> {
    return await usable(this.#control.cancel(id));
  }

  async retry(id: string): Promise<CallSummary> {
    this.#refuseWhenFull(1);
    return await usable(this.#control.retry(id));
  }

  /** The process is about to end, with or without its runs: from here on no run is to blame for its death. */
  announceEnd(): void {
    this.#settings.journal.forget();
  }

  /** Writes a consistent copy of the store to a new file while calls go on. */
  async backup(file: string): Promise<void> {
    await usable(this.#session.backup(file));
  }

  /** The store's own figures; counts its rows, so for benchmarks and slow scrapes. */
  async storeStats(): Promise<StoreStats> {
    return await usable(this.#session.stats());
  }

  stats(): SchedulerStats {
    return statsOf(this.#engine, this.#runner.routes, this.#runner.suspects);
  }

  /**
   * Takes nothing on any more, aborts what runs, makes durable what has been answered, and closes the store.
   * What has not ended goes on when the store is opened again. May be called twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#engine.timers.stop();
    this.#retention.stop();
    this.#cancelCheck?.();
    this.#runner.stop();
    this.#settings.journal.forget();
    await this.#drained();
    const error = new SchedulerError("unavailable", this.unready() ?? CLOSING);
    this.#engine.waiters.rejectAll(error);
    await this.#session.close();
  }

  /** A store that takes nothing cannot hold up the end for ever: what it did not take runs again. */
  async #drained(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.setTimer(this.#clock.now() + CLOSE_MS_MAX, resolve);
    await Promise.race([this.#engine.committer.drain(), late]);
    cancel();
  }

  async #recover(): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    const { telemetry } = this.#settings;
    const behindMs = this.#session.latestMs - Date.now();
    if (this.#settings.clock === undefined && behindMs > CLOCK_TOLERANCE_MS) {
      telemetry.emit({ type: "scheduler-clock-behind", behindMs });
    }
    const { journal, processDeathsMax } = this.#settings;
    const { suspects } = this.#runner;
    this.#recovered = await recover(this.#session, this.#engine, { journal, processDeathsMax, suspects });
    telemetry.emit({
      type: "scheduler-recovered",
      epoch: this.#engine.epoch,
      ...this.#recovered,
      durationMs: this.#clock.monotonicMs() - startedMs,
    });
    this.#retention.start();
    this.#checkLater();
  }

  /** Every commit shows that the store works; when there are none, something has to. */
  #checkLater(): void {
    if (this.#closing !== undefined) return;
    const { checkIntervalMs } = this.#settings;
    this.#cancelCheck = this.#clock.setTimer(this.#clock.now() + checkIntervalMs, () => {
      this.#engine.committer.check(checkIntervalMs);
      this.#checkLater();
    });
  }

  /** Only now and then: the next ids are reserved long before the last ones are used up. */
  async #idsFor(count: number): Promise<number> {
    const { ids } = this.#engine;
    try {
      for (;;) {
        await ids.refill(count);
        const firstId = ids.take(count);
        if (firstId !== undefined) return firstId;
      }
    } catch (cause) {
      const details = { cause, retryAfterMs: RETRY_AFTER_MS };
      throw new SchedulerError("unavailable", "the store could not reserve ids", details);
    }
  }

  #refuseWaitsWhenClosing(): void {
    if (this.#closing !== undefined) throw new SchedulerError("unavailable", this.unready() ?? CLOSING);
  }

  #refuseWhenFull(count: number): void {
    const { committer, calls } = this.#engine;
    const { liveCallsMax, pendingChangesMax, telemetry } = this.#settings;
    const refuse = (reason: "full" | "failing" | "closing", error: SchedulerError): never => {
      telemetry.emit({ type: "scheduler-calls-refused", reason, count });
      throw error;
    };
    const retryAfterMs = RETRY_AFTER_MS;
    if (committer.trouble !== undefined) {
      const message = "the store does not take new calls now";
      refuse("failing", new SchedulerError("unavailable", message, { retryAfterMs }));
    }
    if (this.#closing !== undefined) {
      refuse("closing", new SchedulerError("unavailable", CLOSING, { retryAfterMs }));
    }
    const rootsMax = liveCallsMax - Math.floor(liveCallsMax / 10);
    if (calls.size + count > rootsMax || committer.pending + count > pendingChangesMax) {
      const message = `too many calls are under way: ${calls.size} live, ${committer.pending} to be stored`;
      refuse("full", new SchedulerError("resource_exhausted", message, { retryAfterMs }));
    }
  }

  #committed(
    batch: Batch<Deferred>,
    duplicates: readonly { index: number; id: number }[],
    durationMs: number,
  ): void {
    const { telemetry } = this.#settings;
    const existing = new Map<number, number>();
    for (const { index, id } of duplicates) {
      const change = batch.changes[index]!;
      if (change.kind === "insert") existing.set(change.call.id, id);
    }
    const ended = new Map<string, number>();
    this.#engine.done(batch, (effect) => this.#perform(effect, existing, ended));
    if (batch.changes.length > 0) {
      telemetry.emit({ type: "scheduler-committed", changes: batch.changes.length, durationMs });
    }
    for (const [key, count] of ended) {
      const [state, name] = key.split(" ") as ["succeeded", string];
      telemetry.emit({ type: "scheduler-calls-ended", function: name, state, count });
    }
    this.#runner.pump();
    this.#engine.putToSleep();
  }

  #perform(effect: Deferred, existing: ReadonlyMap<number, number>, ended: Map<string, number>): void {
    switch (effect.type) {
      case "dispatched": {
        const ids: string[] = [];
        for (const entry of effect.entries) {
          const other = existing.get(entry.call.id);
          ids.push(this.#engine.names.nameOf(other ?? entry.call.id));
          if (other === undefined) this.#recorded(entry);
          else {
            this.#engine.spans?.duplicate(entry.call.id, other);
            this.#engine.forget(entry);
          }
        }
        effect.resolve(ids);
        return;
      }
      case "recorded":
        this.#recorded(effect.entry);
        return;
      case "enqueue":
        this.#runner.enqueue(effect.entry);
        return;
      case "abort":
        this.#runner.abort(
          effect.run,
          `the call was ${effect.reason === "timed_out" ? "given up" : effect.reason}`,
        );
        return;
      case "publish": {
        const { entry, result, awaitedBy, arrival } = effect;
        const { call } = entry;
        if (awaitedBy?.call.generation === call.parentGeneration) awaitedBy.durableArrivals = arrival;
        this.#engine.calls.delete(call.id);
        this.#runner.ended(call.id);
        const awaited = this.#engine.waiters.publish(call.id, result);
        if (!awaited && call.parentId === 0) this.#engine.recent.put(call.id, result);
        const key = `${call.state} ${call.function}`;
        ended.set(key, (ended.get(key) ?? 0) + 1);
        if (call.state === "failed" || call.state === "expired") this.#tellFailed(call.function, result);
        return;
      }
      case "then":
        effect.run();
    }
  }

  #tellFailed(name: string, { id, status, error }: CallResult): void {
    this.#settings.telemetry.emit({
      type: "scheduler-call-failed",
      id,
      function: name,
      status: statusName(status),
      error: error === null ? "" : errorText(error),
    });
  }

  /** Unless it was cancelled before it was durable. */
  #recorded(entry: Entry): void {
    this.#engine.spans?.recorded(entry.call.id);
    if (entry.call.state !== "dispatched") return;
    this.#engine.apply(entry, { type: "recorded" });
  }

  /** Calls that were to be acknowledged with this batch are refused; all else is tried again, if anything can be. */
  #commitFailed(batch: Batch<Deferred>, error: StoreError, retryInMs: number | undefined): void {
    const { code, message } = error;
    const changes = batch.changes.length;
    this.#settings.telemetry.emit({ type: "scheduler-commit-failed", code, message, changes, retryInMs });
    const refusal = new SchedulerError("unavailable", "the store could not record the calls", {
      cause: error,
      retryAfterMs: RETRY_AFTER_MS,
    });
    const refused = new Set<unknown>();
    for (const effect of batch.effects) {
      if (effect.type !== "dispatched") continue;
      refused.add(effect);
      for (const change of effect.changes) refused.add(change);
      for (const entry of effect.entries) {
        this.#engine.spans?.recorded(entry.call.id, message);
        this.#engine.forget(entry);
      }
      effect.reject(refusal);
    }
    if (refused.size > 0) {
      keep(batch.changes, (change) => !refused.has(change));
      keep(batch.effects, (effect) => !refused.has(effect));
    }
    if (retryInMs !== undefined) return;
    const unrecorded = new SchedulerError("unavailable", "the store could not record the change", {
      cause: error,
    });
    for (const effect of batch.effects) if (effect.type === "then") effect.reject(unrecorded);
    if (this.#lost !== undefined) return;
    this.#lost = error;
    const closing = this.#closing;
    void this.close();
    // Somebody closes it: nobody has to go on.
    if (closing === undefined) this.#settings.onLost(error);
  }
}

const CLOSING = "the scheduler is closing";

const RETRY_AFTER_MS = 1000;
const CLOSE_MS_MAX = 5_000;
/** A clock this little behind is another node's, or a leap second. */
const CLOCK_TOLERANCE_MS = 1000;

function keep<T>(items: T[], condition: (item: T) => boolean): void {
  const kept = items.filter(condition);
  items.length = 0;
  for (const item of kept) items.push(item);
}
