/**
 * What is in AsyncLocalStorage where code awaits is there again where it goes on, whoever settles what it waits for:
 * native promises do so by themselves, tasks only where somebody asked for it, since it costs at every await.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Runs a function with what there was when it was made. */
export type Snapshot = ReturnType<typeof AsyncLocalStorage.snapshot>;

export let keepsContexts = false;

/** From now on, in this thread. */
export function keepContexts(keeps = true): void {
  keepsContexts = keeps;
}

/** Of the waiters of one owner; each waits for one thing at a time. */
export class Contexts {
  readonly #byWaiter = new Map<object, Snapshot>();

  save(waiter: object): void {
    this.#byWaiter.set(waiter, AsyncLocalStorage.snapshot());
  }

  take(waiter: object): Snapshot | undefined {
    const snapshot = this.#byWaiter.get(waiter);
    if (snapshot !== undefined) this.#byWaiter.delete(waiter);
    return snapshot;
  }
}
