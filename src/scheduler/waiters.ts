/** Who waits for which result. */
import type { CallResult } from "./types.ts";

interface Waiter {
  take(result: CallResult): void;
  reject(error: unknown): void;
}

export class Waiters {
  /** Most results have one waiter, which stands without a list around it. */
  readonly #waiters = new Map<number, Waiter | Waiter[]>();

  /** The result once it is published; the signal's reason when that comes first. */
  wait(id: number, signal: AbortSignal | undefined): Promise<CallResult> {
    if (signal !== undefined) return this.any([id], signal).then(([result]) => result!);
    return new Promise((take, reject) => this.#add(id, { take, reject }));
  }

  /**
   * What is published of these results in the turn in which the first of them is: results become durable many at a
   * time. The signal's reason when that comes first.
   */
  any(ids: readonly number[], signal: AbortSignal | undefined): Promise<CallResult[]> {
    return new Promise((resolve, reject) => {
      const results: CallResult[] = [];
      const leave = () => {
        signal?.removeEventListener("abort", onAbort);
        for (const id of ids) this.#remove(id, waiter);
      };
      const waiter: Waiter = {
        take: (result) => {
          if (results.push(result) > 1) return;
          queueMicrotask(() => {
            leave();
            resolve(results);
          });
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = () => {
        leave();
        reject(signal!.reason);
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      for (const id of ids) this.#add(id, waiter);
    });
  }

  /** Whether anybody waited. */
  publish(id: number, result: CallResult): boolean {
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) return false;
    this.#waiters.delete(id);
    if (Array.isArray(waiters)) for (const waiter of waiters) waiter.take(result);
    else waiters.take(result);
    return true;
  }

  rejectAll(error: unknown): void {
    const all = new Set([...this.#waiters.values()].flat());
    this.#waiters.clear();
    for (const waiter of all) waiter.reject(error);
  }

  #add(id: number, waiter: Waiter): void {
    const others = this.#waiters.get(id);
    if (others === undefined) this.#waiters.set(id, waiter);
    else if (Array.isArray(others)) others.push(waiter);
    else this.#waiters.set(id, [others, waiter]);
  }

  #remove(id: number, waiter: Waiter): void {
    const found = this.#waiters.get(id);
    if (found === waiter) this.#waiters.delete(id);
    if (!Array.isArray(found)) return;
    const left = found.filter((other) => other !== waiter);
    if (left.length === 0) this.#waiters.delete(id);
    else this.#waiters.set(id, left);
  }
}
