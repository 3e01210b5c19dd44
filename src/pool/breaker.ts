/**
 * Stops the pool from spinning when threads die again and again. Pure; time is passed in.
 *
 * closed: threads are replaced at once. open, entered by some deaths in a row with no answered run in between: none is
 * started until a back-off time is over. probing, entered then: one thread may be started; its death opens the breaker
 * for longer, an answer closes it.
 */

const DEATHS_IN_A_ROW = 5;
const OPEN_MS_FIRST = 500;
const OPEN_MS_MAX = 30_000;

export class Breaker {
  #deaths = 0;
  #trips = 0;
  #openUntilMs = 0;

  /** A thread died, or could not start. */
  died(nowMs: number): void {
    this.#deaths++;
    if (this.#deaths < DEATHS_IN_A_ROW) return;
    // Every death from here on, that of a probe among them, opens it for longer.
    this.#openUntilMs = nowMs + Math.min(OPEN_MS_MAX, OPEN_MS_FIRST * 2 ** this.#trips);
    this.#trips++;
  }

  /** A run was answered by its function: threads live. */
  answered(): void {
    this.#deaths = 0;
    this.#trips = 0;
    this.#openUntilMs = 0;
  }

  /** Milliseconds until threads may be started again, 0 when they may now. */
  openForMs(nowMs: number): number {
    return Math.max(0, this.#openUntilMs - nowMs);
  }

  /** How many threads may be started now, of `missing` ones, when `alive` live. */
  startsAllowed(nowMs: number, missing: number, alive: number): number {
    if (this.openForMs(nowMs) > 0) return 0;
    return this.#trips === 0 ? missing : Math.min(missing, Math.max(0, 1 - alive));
  }
}
