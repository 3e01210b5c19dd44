/** A heap of timers for numbered slots, without an object for each: two numbers in the heap, one beside it. */
export class SlotTimers {
  #slots = new Int32Array(1024);
  #times = new Float64Array(1024);
  /** Of every slot its place in the heap, -1 for none. */
  #places = new Int32Array(1024).fill(-1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  nextAtMs(): number | undefined {
    return this.#size === 0 ? undefined : this.#times[0];
  }

  /** The slot must have no timer. MAX_SAFE_INTEGER: none. */
  add(slot: number, atMs: number): void {
    if (atMs === Number.MAX_SAFE_INTEGER) return;
    this.#grow(slot);
    this.#up(this.#size++, slot, atMs);
  }

  remove(slot: number): void {
    const place = this.#places[slot] ?? -1;
    if (place < 0) return;
    this.#places[slot] = -1;
    const last = --this.#size;
    if (place === last) return;
    const moved = this.#slots[last]!;
    const atMs = this.#times[last]!;
    if (place > 0 && this.#times[(place - 1) >> 2]! > atMs) this.#up(place, moved, atMs);
    else this.#down(place, moved, atMs);
  }

  /** Takes out the earliest slot that is due; -1 when none is. */
  takeDue(nowMs: number): number {
    if (this.#size === 0 || this.#times[0]! > nowMs) return -1;
    const slot = this.#slots[0]!;
    this.remove(slot);
    return slot;
  }

  #up(start: number, slot: number, atMs: number): void {
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 2;
      if (this.#times[parent]! <= atMs) break;
      this.#put(place, this.#slots[parent]!, this.#times[parent]!);
      place = parent;
    }
    this.#put(place, slot, atMs);
  }

  #down(start: number, slot: number, atMs: number): void {
    let place = start;
    for (;;) {
      const first = place * 4 + 1;
      if (first >= this.#size) break;
      let least = first;
      const end = Math.min(first + 4, this.#size);
      for (let child = first + 1; child < end; child++) {
        if (this.#times[child]! < this.#times[least]!) least = child;
      }
      if (this.#times[least]! >= atMs) break;
      this.#put(place, this.#slots[least]!, this.#times[least]!);
      place = least;
    }
    this.#put(place, slot, atMs);
  }

  #put(place: number, slot: number, atMs: number): void {
    this.#slots[place] = slot;
    this.#times[place] = atMs;
    this.#places[slot] = place;
  }

  #grow(slot: number): void {
    if (this.#size === this.#slots.length) {
      this.#slots = copied(new Int32Array(this.#size * 2), this.#slots);
      this.#times = copied(new Float64Array(this.#size * 2), this.#times);
    }
    if (slot >= this.#places.length) {
      const length = Math.max(slot + 1, this.#places.length * 2);
      this.#places = copied(new Int32Array(length).fill(-1), this.#places);
    }
  }
}

function copied<T extends Int32Array | Float64Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
