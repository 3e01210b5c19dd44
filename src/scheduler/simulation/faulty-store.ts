/** A memory store behind a slow and unreliable connection, whose process can be killed at any moment. */
import {
  type Change,
  type CommitResult,
  type LoadedCall,
  type LoadRequest,
  type MemoryStore,
  type OpenOptions,
  type Store,
  StoreError,
  type StoreSession,
} from "../../store/index.ts";
import type { Faults, Mutation } from "./faults.ts";
import type { SeededRandom } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface FaultyStoreOptions {
  readonly inner: MemoryStore;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** Asked at every operation. */
  readonly faults: () => Faults;
  /** Whether operations take time. */
  readonly slow: boolean;
  readonly mutation?: Mutation | undefined;
  /** The changes are durable, and nobody has been told yet. */
  readonly committed: (changes: readonly Change[]) => void;
}

export class FaultyStore implements Store {
  readonly #options: FaultyStoreOptions;
  #dead = false;

  constructor(options: FaultyStoreOptions) {
    this.#options = options;
  }

  /** From here on nothing reaches the store, and nothing comes back from it. */
  kill(): void {
    this.#dead = true;
  }

  async open(options?: OpenOptions): Promise<StoreSession> {
    if (this.#options.random.chance(this.#options.faults().storeLoss * 10)) {
      throw new StoreError("read_only", "simulated");
    }
    const session = await this.#options.inner.open(options);
    return new Proxy(session, {
      get: (target, property: keyof StoreSession) => {
        if (property === "commit") return (changes: readonly Change[]) => this.#commit(target, changes);
        if (property === "check") return () => this.#check(target);
        if (property === "load") return (requests: readonly LoadRequest[]) => this.#load(target, requests);
        const value = target[property];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** A crash falls before the changes are durable, or after that and before anybody hears of it. */
  async #commit(session: StoreSession, changes: readonly Change[]): Promise<CommitResult> {
    const { clock, random, mutation, committed } = this.#options;
    if (mutation === "acknowledge_early") {
      clock.setTimer(clock.now() + random.delayMs(3, 200), () => {
        if (!this.#dead) void session.commit(changes).then(() => committed(changes));
      });
      return { duplicates: [] };
    }
    await this.#pause(3, 200);
    if (this.#dead) return await never();
    this.#failSometimes();
    const torn = mutation === "torn_commit" && random.chance(0.05);
    const written = torn ? changes.slice(0, random.integer(0, changes.length)) : changes;
    const result = await session.commit(written);
    committed(written);
    await this.#pause(1, 20);
    return this.#dead ? await never() : result;
  }

  async #check(session: StoreSession): Promise<void> {
    await this.#pause(3, 200);
    if (this.#dead) return await never();
    this.#failSometimes();
    await session.check();
  }

  #failSometimes(): void {
    const { random, faults } = this.#options;
    if (random.chance(faults().commitFailure)) {
      throw new StoreError(random.pick(["full", "failed"]), "simulated");
    }
    this.#loseSometimes();
  }

  #loseSometimes(): void {
    const { random, faults } = this.#options;
    if (random.chance(faults().storeLoss)) {
      throw new StoreError(random.pick(["corrupted", "read_only", "gone", "closed"]), "simulated");
    }
  }

  async #load(session: StoreSession, requests: readonly LoadRequest[]): Promise<(LoadedCall | undefined)[]> {
    await this.#pause(2, 100);
    if (this.#dead) return await never();
    if (this.#options.random.chance(this.#options.faults().loadFailure)) {
      throw new StoreError("failed", "simulated");
    }
    this.#loseSometimes();
    const loaded = await session.load(requests);
    await this.#pause(1, 20);
    return this.#dead ? await never() : loaded;
  }

  async #pause(usualMs: number, longMs: number): Promise<void> {
    const { clock, random, slow } = this.#options;
    if (slow) await clock.sleep(random.delayMs(usualMs, longMs));
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
