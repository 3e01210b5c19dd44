/**
 * The seats of one thread: which run has which, what it was sent and has not started, what it has started and not
 * answered. A seat is given free when the thread has answered its run, or passed over a run that was taken back.
 */
import type { Answer } from "./protocol.ts";
import { isIsolated, type Run, type SentBatch } from "./run.ts";
import type { SharedState } from "./shared-state.ts";

export class Seats {
  readonly #shared: SharedState;
  readonly #runs: (Run | undefined)[] = [];
  /** Seats given back, used before seats that never were. */
  readonly #returned: number[] = [];
  /** Messages the thread has not worked off, oldest first. */
  readonly #batches = new Set<SentBatch>();
  /** Runs that were isolated when they were placed; one may have become it since. */
  readonly #isolated = new Set<Run>();
  #taken = 0;
  #withdrawn = 0;
  #pendingRuns = 0;
  #pendingMicros = 0;

  constructor(shared: SharedState) {
    this.#shared = shared;
  }

  get free(): number {
    return this.#shared.seats - this.#taken - this.#withdrawn;
  }

  /** Runs sent and not yet answered by the thread. */
  get taken(): number {
    return this.#taken;
  }

  /** Expected computing of what the thread was sent and may not have started. */
  get pendingMicros(): number {
    return this.#pendingMicros;
  }

  /** Runs it has started, as far as is known, that wait for something. */
  get waitingRuns(): number {
    return this.#taken - this.#pendingRuns;
  }

  get isolatedRuns(): number {
    return this.#isolated.size;
  }

  /** When the oldest message that the thread has not worked off was sent; infinite for none. */
  get oldestBatchMs(): number {
    for (const batch of this.#batches) return batch.sentAtMs;
    return Number.POSITIVE_INFINITY;
  }

  at(seat: number): Run | undefined {
    return this.#runs[seat];
  }

  runs(): Run[] {
    return this.#runs.filter((run) => run !== undefined);
  }

  /** Gives each run a seat and offers it. */
  place(runs: readonly Run[], nowMs: number): SentBatch {
    const batch: SentBatch = { runs, sentAtMs: nowMs, withdrawnSeats: [] };
    this.#batches.add(batch);
    for (const run of runs) {
      run.seat = this.#returned.pop() ?? this.#runs.length;
      run.sentAtMs = nowMs;
      run.batch = batch;
      this.#runs[run.seat] = run;
      this.#shared.offer(run.seat);
      this.#pendingMicros += run.costMicros;
      if (isIsolated(run)) this.#isolated.add(run);
    }
    this.#taken += runs.length;
    this.#pendingRuns += runs.length;
    return batch;
  }

  /** Takes an answered run off its seat; undefined for an answer to no run that sits here. */
  settle(answer: Answer): Run | undefined {
    const run = this.#runs[answer.seat];
    if (run === undefined || run.id !== answer.id) return undefined;
    this.#remove(run);
    this.#returned.push(answer.seat);
    return run;
  }

  /** The thread has started, or passed over, every run of the message. */
  workedOff(batch: SentBatch): void {
    this.#batches.delete(batch);
    this.#withdrawn -= batch.withdrawnSeats.length;
    this.#returned.push(...batch.withdrawnSeats);
    for (const run of batch.runs) if (run.batch === batch) this.#notPending(run);
  }

  /** Takes back one run, unless the thread has started it. */
  takeBack(run: Run): boolean {
    const { seat, batch } = run;
    if (batch === undefined || !this.#shared.takeBack(seat)) return false;
    this.#remove(run);
    this.#withdrawn++;
    batch.withdrawnSeats.push(seat);
    return true;
  }

  /** Takes back all that the thread has not started. */
  takeBackAll(): Run[] {
    const runs: Run[] = [];
    for (const batch of this.#batches) {
      for (const run of batch.runs) if (run.batch === batch && this.takeBack(run)) runs.push(run);
    }
    return runs;
  }

  /** Everybody off: the thread is dead. */
  clear(): Run[] {
    const runs = this.runs();
    for (const run of runs) {
      run.started = this.#shared.wasStarted(run.seat);
      this.#remove(run);
    }
    this.#batches.clear();
    return runs;
  }

  #remove(run: Run): void {
    this.#runs[run.seat] = undefined;
    this.#taken--;
    if (run.batch !== undefined) this.#notPending(run);
    if (this.#isolated.size > 0) this.#isolated.delete(run);
    run.seat = -1;
  }

  #notPending(run: Run): void {
    run.batch = undefined;
    this.#pendingRuns--;
    this.#pendingMicros = this.#pendingRuns === 0 ? 0 : this.#pendingMicros - run.costMicros;
  }
}
