/**
 * Gathers what is dispatched into batches. Units (calls that must be recorded together) are never split or reordered;
 * they share a batch when they come in the same turn of the event loop, or while all requests are under way.
 */
export interface Unit {
  /** Size of its calls in a request. */
  readonly bytes: number;
  readonly calls: number;
}

export interface CoalescerOptions {
  readonly batchCallsMax: number;
  readonly batchBytesMax: number;
  readonly lingerMs: number;
  /** Batches being sent at once. */
  readonly requestsMax: number;
}

export class Coalescer<U extends Unit> {
  readonly #options: CoalescerOptions;
  readonly #send: (batch: readonly U[]) => Promise<void>;
  #queue: U[] = [];
  #calls = 0;
  #bytes = 0;
  #sending = 0;
  #scheduled = false;
  #flushing = 0;
  #idle: (() => void)[] = [];

  /** @param send must not reject */
  constructor(options: CoalescerOptions, send: (batch: readonly U[]) => Promise<void>) {
    this.#options = options;
    this.#send = send;
  }

  /** Bytes that wait to be sent. */
  get queuedBytes(): number {
    return this.#bytes;
  }

  add(unit: U): void {
    this.#queue.push(unit);
    this.#calls += unit.calls;
    this.#bytes += unit.bytes;
    if (this.#isFull()) this.#pump();
    else this.#schedule();
  }

  /** Takes back a unit that is not being sent yet. @returns false when it is too late */
  remove(unit: U): boolean {
    const index = this.#queue.indexOf(unit);
    if (index < 0) return false;
    this.#queue.splice(index, 1);
    this.#forget(unit);
    this.#settle();
    return true;
  }

  /** Sends what waits without lingering; resolves when nothing waits or is under way. */
  async flush(): Promise<void> {
    this.#flushing++;
    try {
      this.#pump();
      if (this.#queue.length > 0 || this.#sending > 0)
        await new Promise<void>((done) => this.#idle.push(done));
    } finally {
      this.#flushing--;
    }
  }

  #isFull(): boolean {
    return this.#calls >= this.#options.batchCallsMax || this.#bytes >= this.#options.batchBytesMax;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const run = () => {
      this.#scheduled = false;
      this.#pump();
    };
    if (this.#options.lingerMs > 0 && this.#flushing === 0) setTimeout(run, this.#options.lingerMs);
    else setImmediate(run);
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#sending < this.#options.requestsMax) {
      const batch = this.#cut();
      this.#sending++;
      void this.#send(batch).then(() => {
        this.#sending--;
        // What gathered meanwhile has lingered long enough.
        this.#pump();
        this.#settle();
      });
    }
  }

  /** As many units as one batch holds; the first one always, however large it is. */
  #cut(): U[] {
    const { batchCallsMax, batchBytesMax } = this.#options;
    let calls = 0;
    let bytes = 0;
    let count = 0;
    for (const unit of this.#queue) {
      calls += unit.calls;
      bytes += unit.bytes;
      if (count > 0 && (calls > batchCallsMax || bytes > batchBytesMax)) break;
      count++;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    for (const unit of batch) this.#forget(unit);
    return batch;
  }

  #forget(unit: U): void {
    this.#calls -= unit.calls;
    this.#bytes -= unit.bytes;
  }

  #settle(): void {
    if (this.#queue.length > 0 || this.#sending > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const done of idle) done();
  }
}
