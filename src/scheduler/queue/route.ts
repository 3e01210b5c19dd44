/** The ready calls of one function at one destination, and how many of them may run. */
import type { Entry } from "../entry.ts";
import { type AimdOptions, type AimdSample, type AimdState, aimd, aimdStart } from "./aimd.ts";
import { Fifo } from "./fifo.ts";
import type { SharedLimit } from "./shared-limit.ts";

export class Route {
  readonly endpoint: string;
  readonly function: string;
  /** Its runs are run in this process. */
  readonly isOwn: boolean;
  /** What the function itself allows, all its routes together. */
  readonly shared: SharedLimit | undefined;
  /** Runs under way and being prepared. */
  inFlight = 0;
  readonly #options: AimdOptions;
  #aimd: AimdState;
  /** One queue per priority in use, highest first: most routes only ever have one. */
  readonly #queues: { readonly priority: number; readonly entries: Fifo<Entry> }[] = [];
  #waiting = 0;

  constructor(
    endpoint: string,
    name: string,
    options: AimdOptions,
    { isOwn = false, shared }: { isOwn?: boolean; shared?: SharedLimit | undefined } = {},
  ) {
    this.endpoint = endpoint;
    this.shared = shared;
    this.isOwn = isOwn;
    this.function = name;
    this.#options = options;
    this.#aimd = aimdStart(options);
  }

  get waiting(): number {
    return this.#waiting;
  }

  get limit(): number {
    return Math.min(Math.floor(this.#aimd.limit), this.shared?.max ?? Number.POSITIVE_INFINITY);
  }

  get canStart(): boolean {
    if (this.#waiting === 0 || this.inFlight >= this.limit) return false;
    return this.shared === undefined || this.shared.inFlight < this.shared.max;
  }

  get isIdle(): boolean {
    return this.#waiting === 0 && this.inFlight === 0;
  }

  /** When the entry that has waited longest became ready; Infinity when none waits. */
  get oldestReadyAtMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { entries } of this.#queues) {
      const { first } = entries;
      if (first !== undefined && first.readyAtMs < oldest) oldest = first.readyAtMs;
    }
    return oldest;
  }

  push(entry: Entry): void {
    this.#queueOf(entry.call.priority).push(entry);
    this.#waiting += 1;
  }

  /** The next entry, first in first out within the highest priority. */
  shift(): Entry | undefined {
    for (const { entries } of this.#queues) {
      const entry = entries.shift();
      if (entry === undefined) continue;
      this.#waiting -= 1;
      return entry;
    }
    return undefined;
  }

  learn(sample: Omit<AimdSample, "atLimit">): void {
    const atLimit = this.inFlight >= Math.floor(this.#aimd.limit);
    this.#aimd = aimd(this.#aimd, { ...sample, atLimit }, this.#options);
  }

  #queueOf(priority: number): Fifo<Entry> {
    const first = this.#queues[0];
    if (first?.priority === priority) return first.entries;
    const found = this.#queues.find((queue) => queue.priority === priority);
    if (found !== undefined) return found.entries;
    const entries = new Fifo<Entry>();
    this.#queues.push({ priority, entries });
    this.#queues.sort((a, b) => b.priority - a.priority);
    return entries;
  }
}
