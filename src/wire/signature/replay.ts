/** Refuses a signature that was accepted before, in this process. */
import type { ReplayCheck } from "./verify.ts";

export interface ReplayCacheOptions {
  /**
   * How long an id is remembered. Must exceed the verifier's `maxAgeMs` and twice its `toleranceMs` together: after a
   * shorter time a signature that is still accepted can be replayed. Default: 310_000, which fits their defaults.
   */
  readonly windowMs?: number;
  /**
   * Ids remembered at the most, about 150 bytes each; the youngest half of them always is. More than that within a
   * window forgets the oldest ones early. Default: 200_000.
   */
  readonly entriesMax?: number;
}

/**
 * Two generations of ids: the younger fills, the older only answers; when a window has passed or the younger is full,
 * the older is dropped.
 */
export class ReplayCache implements ReplayCheck {
  readonly #windowMs: number;
  readonly #generationMax: number;
  #young = new Set<string>();
  #old = new Set<string>();
  #youngSinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReplayCacheOptions = {}) {
    this.#windowMs = options.windowMs ?? 310_000;
    this.#generationMax = Math.max(1, Math.floor((options.entriesMax ?? 200_000) / 2));
  }

  seenBefore(id: string, nowMs: number): boolean {
    if (nowMs - this.#youngSinceMs >= this.#windowMs || this.#young.size >= this.#generationMax) {
      const stale = nowMs - this.#youngSinceMs >= 2 * this.#windowMs;
      this.#old = stale ? new Set() : this.#young;
      this.#young = new Set();
      this.#youngSinceMs = nowMs;
    }
    if (this.#young.has(id) || this.#old.has(id)) return true;
    this.#young.add(id);
    return false;
  }

  /** Ids remembered now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
