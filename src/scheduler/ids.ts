/** Ids of calls: numbers inside, short strings outside. */
import type { IdBlock, StoreSession } from "../store/index.ts";

/** Hands out ids from blocks that the store reserved for this session, and has the next block ready in time. */
export class IdSource {
  readonly #session: Pick<StoreSession, "reserveIds">;
  #next = 0;
  #end = 0;
  #size = 0;
  #spare: IdBlock | undefined;
  #reserving: Promise<void> | undefined;

  constructor(session: Pick<StoreSession, "reserveIds">) {
    this.#session = session;
  }

  /** The first of `count` ids in a row, or undefined when they have to be waited for with `refill`. */
  take(count: number): number | undefined {
    if (this.#next + count > this.#end) {
      if (this.#spare === undefined || this.#spare.count < count) return undefined;
      this.#next = this.#spare.first;
      this.#size = this.#spare.count;
      this.#end = this.#next + this.#size;
      this.#spare = undefined;
    }
    const first = this.#next;
    this.#next += count;
    if (this.#spare === undefined && this.#end - this.#next < this.#size / 2) {
      // A failure shows when the ids have run out and `refill` is awaited.
      this.#reserve(1).catch(() => {});
    }
    return first;
  }

  /** Resolves when `take(count)` will succeed. Rejects with the store's error. */
  async refill(count: number): Promise<void> {
    while (this.#end - this.#next < count && (this.#spare?.count ?? 0) < count) await this.#reserve(count);
  }

  #reserve(count: number): Promise<void> {
    this.#reserving ??= this.#session
      .reserveIds(count)
      .then((block) => {
        this.#spare = block;
      })
      .finally(() => {
        this.#reserving = undefined;
      });
    return this.#reserving;
  }
}

/** `tag-n`: the store's tag and the number in base 36. */
export class IdNames {
  readonly #prefix: string;

  constructor(tag: string) {
    this.#prefix = `${tag}-`;
  }

  nameOf(id: number): string {
    return this.#prefix + id.toString(36);
  }

  /** Undefined for what is no id of this store. */
  numberOf(name: string): number | undefined {
    if (!name.startsWith(this.#prefix)) return undefined;
    const digits = name.slice(this.#prefix.length);
    if (!/^[0-9a-z]{1,11}$/.test(digits)) return undefined;
    const id = Number.parseInt(digits, 36);
    return Number.isSafeInteger(id) && id > 0 && id.toString(36) === digits ? id : undefined;
  }
}
