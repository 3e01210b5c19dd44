/**
 * Finds the run that kills the process, and spares those beside it. Suspects are run one at a time, beside the runs of
 * calls that are not suspects; one that has nearly used up its deaths is run with no other run in the process. Only a
 * death in such a run is proof, and only a call with a proof against it is ended.
 */
import type { Entry } from "../entry.ts";
import type { JournalContent, Suspect } from "./journal.ts";

export interface Verdict {
  readonly suspects: readonly Suspect[];
  /** Of the suspects, those that were under way at the last death. */
  readonly interrupted: readonly Suspect[];
  /** Of the interrupted, those that the death is proof against. */
  readonly guilty: ReadonlySet<number>;
}

/**
 * What a death means for each call. `storedAttempt` gives the last attempt whose answer the store has, undefined for
 * calls that have ended. Pure.
 */
export function judge(
  left: JournalContent,
  deathsMax: number,
  storedAttempt: (id: number) => number | undefined,
): Verdict {
  const suspects = new Map<number, Suspect>();
  for (const suspect of left.suspects) {
    const stored = storedAttempt(suspect.id);
    if (stored !== undefined && stored <= suspect.attempt) suspects.set(suspect.id, suspect);
  }
  const interrupted = new Map<number, Suspect>();
  const guilty = new Set<number>();
  for (const { id, attempt, alone } of left.runs) {
    const stored = storedAttempt(id);
    const known = interrupted.get(id);
    if (stored === undefined || stored >= attempt || (known !== undefined && known.attempt >= attempt))
      continue;
    const deaths = (suspects.get(id)?.deaths ?? 0) + (known === undefined ? 1 : 0);
    const suspect = { id, attempt, deaths };
    suspects.set(id, suspect);
    interrupted.set(id, suspect);
    if (alone && deaths >= deathsMax) guilty.add(id);
    else guilty.delete(id);
  }
  for (const id of guilty) suspects.delete(id);
  return { suspects: [...suspects.values()], interrupted: [...interrupted.values()], guilty };
}

export interface SuspectTurn {
  readonly entry: Entry;
  readonly alone: boolean;
}

/**
 * The suspects of this process, and whose turn it is. A turn ends with the run, or when it has lasted too long: the run
 * may wait for what it holds up.
 */
export class Suspects {
  readonly #deathsMax: number;
  readonly #now: () => number;
  readonly #deaths = new Map<number, number>();
  /** Ready to run. */
  #waiting: Entry[] = [];
  #current: SuspectTurn | undefined;
  #startedAtMs = 0;
  /** Since when others are held back for one that waits to be alone. */
  #heldSinceMs: number | undefined;
  /** For how long, and for how long they go on when that was not enough. */
  #patienceMs = TURN_MS;
  /** Until then the others go on. */
  #restUntilMs = 0;

  /** `now` in milliseconds of a monotonic clock. */
  constructor(deathsMax: number, now: () => number) {
    this.#deathsMax = deathsMax;
    this.#now = now;
  }

  get size(): number {
    return this.#deaths.size;
  }

  /** Those that are ready to run. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** When the one that has waited longest became ready; Infinity when none waits. */
  get oldestReadyAtMs(): number {
    return this.#waiting.reduce((oldest, { readyAtMs }) => Math.min(oldest, readyAtMs), Infinity);
  }

  /** Time may change whose turn it is: `tick` has to be called now and then. */
  get isTicking(): boolean {
    return this.#current !== undefined || this.#waiting.length > 0;
  }

  add(suspects: readonly Suspect[]): void {
    for (const { id, deaths } of suspects) this.#deaths.set(id, deaths);
  }

  has(id: number): boolean {
    return this.#deaths.size > 0 && this.#deaths.has(id);
  }

  push(entry: Entry): void {
    this.#waiting.push(entry);
    this.#waiting.sort((a, b) => this.#deathsOf(a) - this.#deathsOf(b) || a.call.id - b.call.id);
  }

  /** No other run may start: one runs alone, or is to. */
  get wantsAlone(): boolean {
    if (this.#current !== undefined) return this.#current.alone;
    const [first] = this.#waiting;
    return first !== undefined && this.#mustBeAlone(first) && this.#now() >= this.#restUntilMs;
  }

  /** The suspect that may start now, the least suspicious first. */
  next(othersInFlight: number, hasPlace: (entry: Entry) => boolean = () => true): SuspectTurn | undefined {
    const [first] = this.#waiting;
    if (this.#current !== undefined || first === undefined) return undefined;
    const alone = this.#mustBeAlone(first);
    if (alone && othersInFlight > 0) {
      if (this.wantsAlone) this.#heldSinceMs ??= this.#now();
      return undefined;
    }
    if (!hasPlace(first)) return undefined;
    this.#waiting.shift();
    this.#current = { entry: first, alone };
    this.#startedAtMs = this.#now();
    this.#heldSinceMs = undefined;
    this.#patienceMs = TURN_MS;
    return this.#current;
  }

  /** Nothing else has started since it did, and nothing may. */
  isAlone(entry: Entry): boolean {
    return this.#current?.entry === entry && this.#current.alone;
  }

  /** Lets the others go on when they were held up for long. Gives the suspect whose turn is over, its run not. */
  tick(): SuspectTurn | undefined {
    const nowMs = this.#now();
    const over = this.#current;
    if (over !== undefined) {
      if (nowMs - this.#startedAtMs < this.#turnMs(over.entry)) return undefined;
      this.#current = undefined;
      this.#restUntilMs = nowMs + TURN_MS;
      return over;
    }
    if (this.#heldSinceMs !== undefined && nowMs - this.#heldSinceMs >= this.#patienceMs) {
      this.#heldSinceMs = undefined;
      this.#restUntilMs = nowMs + this.#patienceMs;
      this.#patienceMs *= 2;
    }
    return undefined;
  }

  /** It was not started after all, or is not to be. */
  passed(entry: Entry): void {
    if (this.#current?.entry === entry) this.#current = undefined;
  }

  /** Its run is over, and the process lives. */
  cleared(entry: Entry): void {
    this.passed(entry);
    this.#deaths.delete(entry.call.id);
  }

  /** The call has ended, run or not. */
  ended(id: number): void {
    this.#deaths.delete(id);
    this.#waiting = this.#waiting.filter(({ call }) => call.id !== id);
    this.#heldSinceMs = undefined;
    if (this.#current?.entry.call.id === id) this.#current = undefined;
  }

  #deathsOf(entry: Entry): number {
    return this.#deaths.get(entry.call.id) ?? 0;
  }

  #mustBeAlone(entry: Entry): boolean {
    return this.#deathsOf(entry) >= this.#deathsMax - 1;
  }

  /** Twice as long after each death that was no proof: what kills late is found out too. */
  #turnMs(entry: Entry): number {
    return TURN_MS * 2 ** Math.max(0, this.#deathsOf(entry) - this.#deathsMax + 1);
  }
}

const TURN_MS = 5_000;
