import type { Call } from "./call.ts";
import type { Client, DispatchId, DispatchOptions } from "./client/client.ts";
import type { PrimitiveFunction } from "./functions/primitive-function.ts";

/**
 * Calls to be dispatched together: recorded all, or none.
 *
 * ```ts
 * const batch = dispatch.batch();
 * for (const user of users) batch.add(welcome, user.email);
 * const ids = await batch.dispatch();
 * ```
 */
export class Batch {
  readonly #client: Client;
  #calls: Call[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  /** How many calls it holds. */
  get size(): number {
    return this.#calls.length;
  }

  /** Adds a call of a function. @throws {ValueError} when an argument cannot be carried, naming its path */
  add<P extends unknown[]>(fn: PrimitiveFunction<P, unknown>, ...args: P): this {
    return this.addCall(fn.buildCall(...args));
  }

  addCall(call: Call): this {
    this.#calls.push(call);
    return this;
  }

  clear(): void {
    this.#calls = [];
  }

  /**
   * Dispatches the calls. On success the batch is empty again, but for calls added meanwhile; on failure it is as it
   * was, to be dispatched again or cleared.
   *
   * @returns the ids in the order in which the calls were added
   */
  async dispatch(options?: DispatchOptions): Promise<DispatchId[]> {
    const calls = this.#calls;
    if (calls.length === 0) return [];
    const sent = calls.slice();
    const ids = await this.#client.dispatch(sent, options);
    if (this.#calls === calls) this.#calls = calls.slice(sent.length);
    return ids;
  }
}
