/**
 * Takes the results of many calls with few requests. Ids that are waited for in one turn of the event loop are asked for
 * together; a request is answered as soon as one of its results is there, and what is left of it is asked for along with
 * what came meanwhile. A new wait does not queue behind others while there is a request to spare, and those that have
 * lasted for a while are joined into few. When a request fails for what may be the fault of one id, each is asked for
 * once more alone.
 */

/** What one request brought. Ids that are in neither are asked for again. */
export interface Taken<R> {
  readonly results: readonly (readonly [id: string, result: R])[];
  /** Why there will never be one. */
  readonly errors: readonly (readonly [id: string, error: unknown])[];
}

/** One request for these results, held for `waitMs` while there is none. What it rejects with fails these waits. */
export type Ask<R> = (ids: readonly string[], waitMs: number, signal: AbortSignal) => Promise<Taken<R>>;

export interface ResultsOptions {
  /** Requests under way at once. */
  readonly requestsMax: number;
  readonly nowMs: () => number;
  /** Whether a request may have failed because of one of its ids, so that the others should not suffer. */
  readonly mayBeOfOne: (error: unknown) => boolean;
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
  /** Ids that are asked for once without others. */
  readonly #alone = new Set<string>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  /** Requests in a row that brought nothing, and no waiting either. */
  #fruitless = 0;
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
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#pauses.clear();
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
    this.#taken(id);
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
      const ids = this.#next();
      for (const id of ids) this.#queue.delete(id);
      const isFull = this.#queue.size > 0 && this.#requests.size + 1 >= requestsMax;
      const isBusy = this.#requests.size >= requestsMax / 2;
      const isAlone = ids.size === 1 && this.#alone.has(ids.values().next().value!);
      void this.#send(ids, isAlone ? 0 : isFull ? CROWDED_WAIT_MS : isBusy ? BUSY_WAIT_MS : WAIT_MS);
    }
    if (this.#queue.size === 0 || this.#retry !== undefined) return;
    // Until then a request ends, or there are some that have lasted.
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#pump();
    }, LASTING_MS);
  }

  #next(): Set<string> {
    if (this.#alone.size === 0) return new Set(this.#queue.values().take(IDS_MAX));
    const first = this.#queue.values().next().value!;
    if (this.#alone.has(first)) return new Set([first]);
    const together = this.#queue.values().filter((id) => !this.#alone.has(id));
    return new Set(together.take(IDS_MAX));
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
    const asked = [...ids];
    try {
      const taken = await this.#ask(asked, waitMs, request.controller.signal);
      if (waitMs === 0) for (const id of asked) this.#alone.delete(id);
      for (const [id, result] of taken.results) this.#resolve(id, result);
      for (const [id, error] of taken.errors) this.#fail(id, error);
      // Of a request that was given up the ids are asked for elsewhere.
      if (!this.#requests.delete(request)) return;
      const isEarly = this.#options.nowMs() - request.startedMs < waitMs / 2;
      const isFruitful = [...taken.results, ...taken.errors].some(([id]) => asked.includes(id));
      if (isFruitful) this.#fruitless = 0;
      if (isEarly && !isFruitful) this.#askLater(ids);
      else this.#askAgain(ids);
    } catch (error) {
      if (!this.#requests.delete(request)) return;
      if (ids.size > 1 && this.#options.mayBeOfOne(error)) {
        for (const id of ids) this.#alone.add(id);
        this.#askLater(ids);
      } else for (const id of ids) this.#fail(id, error);
    }
    if (this.#queue.size > 0) this.#schedule();
  }

  #askAgain(ids: Iterable<string>): void {
    for (const id of ids) if (this.#waiters.has(id)) this.#queue.add(id);
  }

  /** After a pause, the longer the more often nothing came: what answers like this may do so for ever. */
  #askLater(ids: Iterable<string>): void {
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(this.#fruitless++, 20));
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      this.#askAgain(ids);
      this.#pump();
    }, pauseMs);
    this.#pauses.add(pause);
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
      this.#alone.delete(id);
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
/** Before the first request after one that brought nothing. */
const PAUSE_MS = 20;
const PAUSE_MS_MAX = 5_000;
