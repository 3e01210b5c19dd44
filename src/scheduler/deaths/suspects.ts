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

/** The suspects of this process, and whose turn it is. */
export class Suspects {
  readonly #deathsMax: number;
  readonly #deaths = new Map<number, number>();
  /** Ready to run. */
  #waiting: Entry[] = [];
  #current: SuspectTurn | undefined;

  constructor(deathsMax: number) {
    this.#deathsMax = deathsMax;
  }

  get size(): number {
    return this.#deaths.size;
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
    return first !== undefined && this.#mustBeAlone(first);
  }

  /** The suspect that may start now, the least suspicious first. */
  next(othersInFlight: number, hasPlace: (entry: Entry) => boolean = () => true): SuspectTurn | undefined {
    const [first] = this.#waiting;
    if (this.#current !== undefined || first === undefined) return undefined;
    const alone = this.#mustBeAlone(first);
    if ((alone && othersInFlight > 0) || !hasPlace(first)) return undefined;
    this.#waiting.shift();
    this.#current = { entry: first, alone };
    return this.#current;
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

  #deathsOf(entry: Entry): number {
    return this.#deaths.get(entry.call.id) ?? 0;
  }

  #mustBeAlone(entry: Entry): boolean {
    return this.#deathsOf(entry) >= this.#deathsMax - 1;
  }
}
