/**
 * Keeps a function that ends threads again and again from wearing out the pool: each death costs a thread's start and
 * the repetition of innocent runs. Pure; time is passed in.
 *
 * free: nothing special. probation, entered by some deaths within the window: its runs share no thread with each
 * other. closed off, entered by more of them: its runs are refused until a back-off time is over; then it is on
 * probation, and one more death closes it off for twice as long. Left for free when the window passes without a death.
 */

const WINDOW_MS = 10_000;
const DEATHS_FOR_PROBATION = 3;
const DEATHS_FOR_CLOSING = 5;
const CLOSED_MS_FIRST = 1_000;
const CLOSED_MS_MAX = 60_000;

export class Quarantine {
  #deathsAtMs: number[] = [];
  #closings = 0;
  #closedUntilMs = 0;

  /** A run of the function ended its thread. */
  threadDied(nowMs: number): void {
    this.#forget(nowMs);
    this.#deathsAtMs.push(nowMs);
    if (this.#deathsAtMs.length < DEATHS_FOR_CLOSING && this.#closings === 0) return;
    this.#closedUntilMs = nowMs + Math.min(CLOSED_MS_MAX, CLOSED_MS_FIRST * 2 ** this.#closings);
    this.#closings++;
  }

  /** Called for each run of the function: cheap while there were no deaths. Milliseconds until runs are taken again. */
  closedForMs(nowMs: number): number {
    if (this.#deathsAtMs.length === 0) return 0;
    this.#forget(nowMs);
    return Math.max(0, this.#closedUntilMs - nowMs);
  }

  /** As of the last call of the other methods. */
  get isOnProbation(): boolean {
    return this.#deathsAtMs.length >= DEATHS_FOR_PROBATION || this.#closings > 0;
  }

  #forget(nowMs: number): void {
    // The time it was closed off proves nothing: the window starts when runs are taken again.
    const last = this.#deathsAtMs.at(-1);
    if (last === undefined || nowMs < Math.max(last, this.#closedUntilMs) + WINDOW_MS) {
      if (this.#closings === 0) this.#deathsAtMs = this.#deathsAtMs.filter((at) => at > nowMs - WINDOW_MS);
      return;
    }
    this.#deathsAtMs = [];
    this.#closings = 0;
  }
}
