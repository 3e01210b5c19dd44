/** What is counted while a suite runs. A module of its own, since compiled code may not hold it across an await. */
export interface Counts {
  /** Awaits that began. */
  awaits: number;
  /** Of those, awaits that were in bytes at least once before they went on. */
  throughBytes: number;
  /** How often a run went through bytes. */
  snapshots: number;
  /**
   * How often it could not: it awaits a promise whose resolve function nobody holds any more, and that might as well be
   * a promise of native code.
   */
  inPlace: number;
}

let counts: Counts;
let skippedMs: number;

export function beginCounting(): Counts {
  skippedMs = 0;
  counts = { awaits: 0, throughBytes: 0, snapshots: 0, inPlace: 0 };
  return counts;
}

/** A clock that goes as always, since code may wait for it in a loop, but need not wait for sleeps. */
export const nowMs = (): number => Date.now() + skippedMs;

export function goForwardTo(ms: number): void {
  skippedMs += Math.max(0, ms - nowMs());
}

export function countSnapshot(): void {
  counts.snapshots++;
}

export function countInPlace(): void {
  counts.inPlace++;
}

/** The number of snapshots so far: {@link onGoOn} tells by it whether the await was in one. */
export function onAwait(): number {
  counts.awaits++;
  return counts.snapshots;
}

export function onGoOn(begun: number): void {
  if (counts.snapshots > begun) counts.throughBytes++;
}
