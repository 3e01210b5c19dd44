/** A memory store behind a slow and unreliable connection, whose process can be killed at any moment. */
import {
  type Change,
  type CommitResult,
  type LoadedCall,
  type LoadRequest,
  type MemoryStore,
  type Store,
  StoreError,
  type StoreSession,
} from "../../store/index.ts";
import type { Faults, Mutation } from "./faults.ts";
import type { SeededRandom } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export class FaultyStore implements Store {
  readonly #inner: MemoryStore;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #faults: Faults;
  readonly #mutation: Mutation | undefined;
  readonly #committed: (changes: readonly Change[]) => void;
  #dead = false;

  constructor(
    inner: MemoryStore,
    clock: VirtualClock,
    random: SeededRandom,
    faults: Faults,
    mutation: Mutation | undefined,
    committed: (changes: readonly Change[]) => void,
  ) {
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#mutation = mutation;
    this.#committed = committed;
  }

  /** From here on nothing reaches the store, and nothing comes back from it. */
  kill(): void {
    this.#dead = true;
  }

  async open(): Promise<StoreSession> {
    const session = await this.#inner.open();
    return new Proxy(session, {
      get: (target, property: keyof StoreSession) => {
        if (property === "commit") return (changes: readonly Change[]) => this.#commit(target, changes);
        if (property === "load") return (requests: readonly LoadRequest[]) => this.#load(target, requests);
        const value = target[property];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** A crash falls before the changes are durable, or after that and before anybody hears of it. */
  async #commit(session: StoreSession, changes: readonly Change[]): Promise<CommitResult> {
    const random = this.#random;
    if (this.#mutation === "acknowledge_early") {
      this.#clock.setTimer(this.#clock.now() + random.delayMs(3, 200), () => {
        if (!this.#dead) void session.commit(changes).then(() => this.#committed(changes));
      });
      return { duplicates: [] };
    }
    await this.#clock.sleep(random.delayMs(3, 200));
    if (this.#dead) return await never();
    if (random.chance(this.#faults.commitFailure)) {
      throw new StoreError(random.pick(["full", "failed"]), "simulated");
    }
    const torn = this.#mutation === "torn_commit" && random.chance(0.05);
    const written = torn ? changes.slice(0, random.integer(0, changes.length)) : changes;
    const result = await session.commit(written);
    this.#committed(written);
    await this.#clock.sleep(random.delayMs(1, 20));
    return this.#dead ? await never() : result;
  }

  async #load(session: StoreSession, requests: readonly LoadRequest[]): Promise<(LoadedCall | undefined)[]> {
    await this.#clock.sleep(this.#random.delayMs(2, 100));
    if (this.#dead) return await never();
    if (this.#random.chance(this.#faults.loadFailure)) throw new StoreError("failed", "simulated");
    const loaded = await session.load(requests);
    await this.#clock.sleep(this.#random.delayMs(1, 20));
    return this.#dead ? await never() : loaded;
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
