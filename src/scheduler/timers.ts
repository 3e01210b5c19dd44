/**
 * One timer per call, in a heap that knows each call's place in it, so that moving or removing a timer leaves
 * nothing behind. Four children a node: half the levels of a binary heap, and siblings share a cache line.
 */
export interface Timed {
  /** Place in the heap; -1 when it has no timer. Written by `Timers` alone. */
  timerSlot: number;
  /** Written by `Timers` alone. */
  timerAtMs: number;
}

export class Timers<T extends Timed> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the next one is due; undefined when there is none. */
  nextAtMs(): number | undefined {
    return this.#heap[0]?.timerAtMs;
  }

  /** Sets, moves or, at MAX_SAFE_INTEGER, removes an item's timer. */
  set(item: T, atMs: number): void {
    if (atMs === Number.MAX_SAFE_INTEGER) {
      this.remove(item);
      return;
    }
    if (item.timerSlot < 0) {
      item.timerAtMs = atMs;
      item.timerSlot = this.#heap.push(item) - 1;
      this.#up(item);
    } else if (atMs !== item.timerAtMs) {
      const later = atMs > item.timerAtMs;
      item.timerAtMs = atMs;
      if (later) this.#down(item);
      else this.#up(item);
    }
  }

  remove(item: T): void {
    const slot = item.timerSlot;
    if (slot < 0) return;
    item.timerSlot = -1;
    const last = this.#heap.pop()!;
    if (last === item) return;
    this.#place(last, slot);
    this.#up(last);
    this.#down(last);
  }

  /** Takes out the earliest item that is due, if there is one. */
  takeDue(nowMs: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.timerAtMs > nowMs) return undefined;
    this.remove(first);
    return first;
  }

  #up(item: T): void {
    let slot = item.timerSlot;
    while (slot > 0) {
      const parentSlot = (slot - 1) >> 2;
      const parent = this.#heap[parentSlot]!;
      if (parent.timerAtMs <= item.timerAtMs) break;
      this.#place(parent, slot);
      slot = parentSlot;
    }
    this.#place(item, slot);
  }

  #down(item: T): void {
    const heap = this.#heap;
    let slot = item.timerSlot;
    for (;;) {
      const firstChild = slot * 4 + 1;
      if (firstChild >= heap.length) break;
      let least = firstChild;
      const end = Math.min(firstChild + 4, heap.length);
      for (let child = firstChild + 1; child < end; child++) {
        if (heap[child]!.timerAtMs < heap[least]!.timerAtMs) least = child;
      }
      if (heap[least]!.timerAtMs >= item.timerAtMs) break;
      this.#place(heap[least]!, slot);
      slot = least;
    }
    this.#place(item, slot);
  }

  #place(item: T, slot: number): void {
    this.#heap[slot] = item;
    item.timerSlot = slot;
  }
}
