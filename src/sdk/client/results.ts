/**
 * Takes the results of many calls with few requests. Ids that are waited for in one turn of the event loop are asked for
 * together; a request is answered as soon as one of its results is there, and what is left of it is asked for along with
 * what came meanwhile. A new wait does not queue behind others while there is a request to spare, and those that have
 * lasted for a while are joined into few.
 */

/** What one request brought. Ids that are in neither are asked for again. */
export interface Taken<R> {
  readonly results: readonly (readonly [id: string, result: R])[];
  /** Why there will never be one. */
  readonly errors: readonly (readonly [id: string, error: unknown])[];
}

/** One request for these results, held for `waitMs` while there is none. What it rejects with fails all these waits. */
export type Ask<R> = (ids: readonly string[], waitMs: number, signal: AbortSignal) => Promise<Taken<R>>;

export interface ResultsOptions {
  /** Requests under way at once. */
  readonly requestsMax: number;
  readonly nowMs: () => number;
}

interface Waiter<R> {
  resolve(result: R): void;
  reject(error: unknown): void;
}

interface Request {
  readonly ids: Set<string>;
  readonly controller: AbortController;
  readonly startedMs: number;
}

export class Results<R> {
  readonly #options: ResultsOptions;
  readonly #ask: Ask<R>;
  readonly #waiters = new Map<string, Set<Waiter<R>>>();
  /** Ids to be asked for next. */
  readonly #queue = new Set<string>();
  readonly #requests = new Set<Request>();
  #scheduled = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ResultsOptions, ask: Ask<R>) {
    this.#options = options;
    this.#ask = ask;
  }

  /** @throws the signal's reason when it is aborted first */
  wait(id: string, signal: AbortSignal | undefined): Promise<R> {
    if (signal === undefined) return new Promise((resolve, reject) => this.#add(id, { resolve, reject }));
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#leave(id, waiter);
        reject(signal.reason);
      };
      const waiter: Waiter<R> = {
        resolve(result) {
          signal.removeEventListener("abort", onAbort);
          resolve(result);
        },
        reject(error) {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#add(id, waiter);
    });
  }

  /** Fails every wait. */
  close(error: unknown): void {
    clearTimeout(this.#retry);
    for (const request of this.#requests) request.controller.abort(error);
    this.#requests.clear();
    this.#queue.clear();
    for (const id of [...this.#waiters.keys()]) this.#fail(id, error);
  }

  #add(id: string, waiter: Waiter<R>): void {
    const others = this.#waiters.get(id);
    if (others !== undefined) {
      others.add(waiter);
      return;
    }
    this.#waiters.set(id, new Set([waiter]));
    this.#queue.add(id);
    this.#schedule();
  }

  #leave(id: string, waiter: Waiter<R>): void {
    const waiters = this.#waiters.get(id);
    if (!waiters?.delete(waiter) || waiters.size > 0) return;
    this.#waiters.delete(id);
    this.#queue.delete(id);
    for (const request of this.#requests) {
      if (request.ids.delete(id) && request.ids.size === 0) this.#giveUp(request);
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#queue.size === 0) return;
    const { requestsMax } = this.#options;
    this.#join();
    while (this.#queue.size > 0 && this.#requests.size < requestsMax) {
      const ids = new Set(this.#queue.values().take(IDS_MAX));
      for (const id of ids) this.#queue.delete(id);
      const isFull = this.#queue.size > 0 && this.#requests.size + 1 >= requestsMax;
      const isBusy = this.#requests.size >= requestsMax / 2;
      void this.#send(ids, isFull ? CROWDED_WAIT_MS : isBusy ? BUSY_WAIT_MS : WAIT_MS);
    }
    if (this.#queue.size === 0 || this.#retry !== undefined) return;
    // Until then a request ends, or there are some that have lasted.
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#pump();
    }, LASTING_MS);
  }

  /** Of the requests that have lasted all but a few end, and their ids go along with the next. */
  #join(): void {
    if (this.#requests.size <= LASTING_MAX) return;
    const lastingMs = this.#options.nowMs() - LASTING_MS;
    const lasting = [...this.#requests]
      .filter(({ ids, startedMs }) => startedMs <= lastingMs && ids.size <= IDS_MAX / 2)
      .sort((a, b) => a.ids.size - b.ids.size);
    for (const request of lasting.slice(0, Math.max(0, lasting.length - LASTING_MAX))) {
      if (this.#queue.size + request.ids.size > IDS_MAX) return;
      for (const id of request.ids) this.#queue.add(id);
      this.#giveUp(request);
    }
  }

  #giveUp(request: Request): void {
    this.#requests.delete(request);
    request.controller.abort();
  }

  async #send(ids: Set<string>, waitMs: number): Promise<void> {
    const request = { ids, controller: new AbortController(), startedMs: this.#options.nowMs() };
    this.#requests.add(request);
    try {
      const taken = await this.#ask([...ids], waitMs, request.controller.signal);
      for (const [id, result] of taken.results) this.#resolve(id, result);
      for (const [id, error] of taken.errors) this.#fail(id, error);
      // Of a request that was given up the ids are asked for elsewhere.
      if (!this.#requests.delete(request)) return;
      for (const id of ids) if (this.#waiters.has(id)) this.#queue.add(id);
    } catch (error) {
      if (!this.#requests.delete(request)) return;
      for (const id of ids) this.#fail(id, error);
    }
    if (this.#queue.size > 0) this.#schedule();
  }

  #resolve(id: string, result: R): void {
    const waiters = this.#taken(id);
    if (waiters !== undefined) for (const waiter of waiters) waiter.resolve(result);
  }

  #fail(id: string, error: unknown): void {
    const waiters = this.#taken(id);
    if (waiters !== undefined) for (const waiter of waiters) waiter.reject(error);
  }

  #taken(id: string): Set<Waiter<R>> | undefined {
    const waiters = this.#waiters.get(id);
    if (waiters !== undefined) {
      this.#waiters.delete(id);
      this.#queue.delete(id);
    }
    return waiters;
  }
}

/**
 * Ids in one request. What an answer leaves over is asked for again: more ids make fewer requests while results come
 * many at a time, and longer ones when they come one by one.
 */
const IDS_MAX = 256;
/** Below the minute after which many proxies give up on a silent connection. */
const WAIT_MS = 50_000;
/** Where requests may soon be used up: a newcomer gets its turn after so long at the latest. */
const BUSY_WAIT_MS = 5_000;
/** When others wait for a turn. */
const CROWDED_WAIT_MS = 1_000;
/** A request that has lasted this long waits for calls that take their time; so many of those may stay apart. */
const LASTING_MS = 500;
const LASTING_MAX = 4;
