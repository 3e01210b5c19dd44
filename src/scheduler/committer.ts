/**
 * Group commit: one batch is being written, the next collects what arrives meanwhile. Everything that has to
 * follow a change follows its batch; memory runs ahead of the store by at most these two batches.
 */
import { type Change, type CommitResult, remedyFor, StoreError, type StoreSession } from "../store/index.ts";
import type { Clock } from "./clock.ts";

export interface Batch<E> {
  readonly changes: Change[];
  /** Done in order once the changes are durable. */
  readonly effects: E[];
}

export interface CommitterEvents<E> {
  committed(batch: Batch<E>, result: CommitResult, ms: number): void;
  /**
   * The batch was not written. What is left in it when this returns is tried again after `retryInMs`, before
   * anything else; undefined: never, the store is lost to this process.
   */
  failed(batch: Batch<E>, error: StoreError, retryInMs: number | undefined): void;
}

export class Committer<E> {
  readonly #session: Pick<StoreSession, "commit" | "check">;
  readonly #clock: Clock;
  readonly #events: CommitterEvents<E>;
  #batch: Batch<E> = { changes: [], effects: [] };
  #inFlight: Batch<E> | undefined;
  #flushing = false;
  #inFlightSinceMs = 0;
  #writtenAtMs = 0;
  #failures = 0;
  #failure: StoreError | undefined;
  /** Why nothing can be written any more. */
  #lost: StoreError | undefined;
  #drained: (() => void)[] = [];

  constructor(session: Pick<StoreSession, "commit" | "check">, clock: Clock, events: CommitterEvents<E>) {
    this.#session = session;
    this.#clock = clock;
    this.#events = events;
  }

  /** The store refused the last batch: nothing new should be taken on. */
  get isFailing(): boolean {
    return this.#failures > 0 || this.#lost !== undefined;
  }

  /** Why nothing new should be taken on, in words for everybody: messages of the store name its files. */
  get trouble(): string | undefined {
    if (this.#lost !== undefined) return `the store was lost (${this.#lost.code})`;
    if (this.#failures > 0) return `the store takes nothing (${this.#failure!.code})`;
    if (this.#inFlight === undefined) return undefined;
    const ms = this.#clock.monotonicMs() - this.#inFlightSinceMs;
    return ms < STALLED_MS ? undefined : `the store has not answered for ${Math.round(ms / 1000)} s`;
  }

  /** Finds out whether the store still takes changes, unless some were written within the last `ms`. */
  check(ms: number): void {
    if (this.#inFlight !== undefined || this.#flushing || this.#lost !== undefined) return;
    if (this.#clock.monotonicMs() - this.#writtenAtMs >= ms) this.#write({ changes: [], effects: [] });
  }

  /** Changes that are not durable yet. */
  get pending(): number {
    return this.#batch.changes.length + (this.#inFlight?.changes.length ?? 0);
  }

  change(change: Change): void {
    this.#batch.changes.push(change);
    this.#schedule();
  }

  effect(effect: E): void {
    this.#batch.effects.push(effect);
    this.#schedule();
  }

  /** The store was found to be unusable otherwise than by a commit: nothing is written any more. */
  abandon(error: StoreError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    // What is being written, or waits to be tried again, ends by itself.
    if (this.#inFlight === undefined) this.#giveUp({ changes: [], effects: [] }, error);
    this.#schedule();
  }

  /** Resolves when everything so far is durable and done, or can never be. */
  drain(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #isIdle(): boolean {
    const { changes, effects } = this.#batch;
    return this.#inFlight === undefined && changes.length === 0 && effects.length === 0;
  }

  #schedule(): void {
    if (this.#flushing || this.#inFlight !== undefined || this.#isIdle()) return;
    this.#flushing = true;
    this.#clock.defer(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#inFlight !== undefined) return;
    const batch = this.#batch;
    if (batch.changes.length === 0 && batch.effects.length === 0) return;
    this.#batch = { changes: [], effects: [] };
    if (this.#lost !== undefined) this.#giveUp(batch, this.#lost);
    else if (batch.changes.length === 0) this.#done(batch, { duplicates: [] }, 0);
    else this.#write(batch);
  }

  #write(batch: Batch<E>): void {
    this.#inFlight = batch;
    const startedMs = this.#clock.monotonicMs();
    this.#inFlightSinceMs = startedMs;
    this.#commit(batch.changes).then(
      (result) => {
        this.#inFlight = undefined;
        this.#writtenAtMs = this.#clock.monotonicMs();
        this.#failures = 0;
        // The next commit starts before the effects of this one are done: the store never waits for them.
        if (this.#batch.changes.length > 0 && this.#lost === undefined) this.#flush();
        this.#done(batch, result, this.#clock.monotonicMs() - startedMs);
        // Found to be unusable meanwhile: there may be no other batch to hear of it with.
        if (this.#lost !== undefined) this.#giveUp({ changes: [], effects: [] }, this.#lost);
        this.#schedule();
      },
      (error: unknown) => this.#failed(batch, StoreError.from(error)),
    );
  }

  /** An empty batch, or one that nothing is left of after it failed, finds out whether anything can be written. */
  #commit(changes: readonly Change[]): Promise<CommitResult> {
    if (changes.length > 0) return this.#session.commit(changes);
    return this.#session.check().then(() => ({ duplicates: [] }));
  }

  #done(batch: Batch<E>, result: CommitResult, ms: number): void {
    this.#events.committed(batch, result, ms);
    if (this.#isIdle()) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #failed(batch: Batch<E>, error: StoreError): void {
    this.#failures += 1;
    this.#failure = error;
    const remedy = remedyFor(error.code);
    if (
      this.#lost !== undefined ||
      remedy === "reopen" ||
      (remedy === "retry" && this.#failures > RETRIES_MAX)
    ) {
      this.#lost ??= error;
      this.#inFlight = undefined;
      this.#giveUp(batch, this.#lost);
      this.#schedule();
      return;
    }
    const retryInMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (this.#failures - 1));
    this.#events.failed(batch, error, retryInMs);
    this.#clock.setTimer(this.#clock.now() + retryInMs, () => this.#write(batch));
  }

  #giveUp(batch: Batch<E>, error: StoreError): void {
    this.#events.failed(batch, error, undefined);
    if (this.#isIdle()) for (const resolve of this.#drained.splice(0)) resolve();
  }
}

const RETRY_MS = 100;
const RETRY_MS_MAX = 5_000;
/** 26 seconds. What has not passed by then is no moment's: the store is opened anew. */
const RETRIES_MAX = 10;
/** A disk that hangs does not fail. */
const STALLED_MS = 10_000;
