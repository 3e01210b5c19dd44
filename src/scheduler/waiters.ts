/** Who waits for which result. */
import type { CallResult } from "./types.ts";

interface Waiter {
  readonly resolve: (result: CallResult) => void;
  readonly reject: (error: unknown) => void;
}

export class Waiters {
  readonly #waiters = new Map<number, Waiter[]>();

  /** The result once it is published; the signal's reason when that comes first. */
  wait(id: number, signal: AbortSignal | undefined): Promise<CallResult> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve: (result) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(result);
        },
        reject,
      };
      const onAbort = () => {
        this.#remove(id, waiter);
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const others = this.#waiters.get(id);
      if (others === undefined) this.#waiters.set(id, [waiter]);
      else others.push(waiter);
    });
  }

  /** Whether anybody waited. */
  publish(id: number, result: CallResult): boolean {
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) return false;
    this.#waiters.delete(id);
    for (const { resolve } of waiters) resolve(result);
    return true;
  }

  rejectAll(error: unknown): void {
    for (const waiters of this.#waiters.values()) for (const { reject } of waiters) reject(error);
    this.#waiters.clear();
  }

  #remove(id: number, waiter: Waiter): void {
    const left = this.#waiters.get(id)?.filter((other) => other !== waiter) ?? [];
    if (left.length === 0) this.#waiters.delete(id);
    else this.#waiters.set(id, left);
  }
}
