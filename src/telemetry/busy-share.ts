/** How busy an event loop was between two readings of its counters. Each reader keeps its own readings. */

/** Time an event loop has spent so far, milliseconds; counts up from the start of its thread. */
export interface EventLoopTime {
  activeMs: number;
  idleMs: number;
}

export class BusyShare {
  #last = new Map<number, EventLoopTime>();

  /** Share of the time since the last reading of each thread that it was busy, 0 to 1; 0 at its first. */
  read(threads: readonly { id: number; eventLoop: EventLoopTime }[]): number[] {
    const next = new Map(threads.map(({ id, eventLoop }) => [id, eventLoop]));
    const shares = threads.map(({ id, eventLoop }) => share(this.#last.get(id), eventLoop));
    this.#last = next;
    return shares;
  }
}

function share(before: EventLoopTime | undefined, now: EventLoopTime): number {
  if (before === undefined) return 0;
  const active = now.activeMs - before.activeMs;
  const total = active + now.idleMs - before.idleMs;
  return total > 0 ? Math.min(1, Math.max(0, active / total)) : 0;
}
