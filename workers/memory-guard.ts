/**
 * Watches what a thread keeps in memory, heap and buffers. V8's own limit is no help: where it is reached between two
 * of its checks, the whole process is aborted (docs/decisions/0012-memory-of-threads.md).
 */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A collection of everything takes as long as there is much to keep; while there is, not more often than this. */
const COLLECT_EVERY_MS = 1_000;

export class MemoryGuard {
  readonly #limitBytes: number;
  readonly #collect: () => void;
  #collectedAtMs = Number.NEGATIVE_INFINITY;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    // Never taken back: the flag is the whole process's, and another thread may be at this line.
    setFlagsFromString("--expose-gc");
    this.#collect = runInNewContext("gc") as () => void;
  }

  /** Bytes in use, garbage included. */
  get usedBytes(): number {
    const { used_heap_size, external_memory } = getHeapStatistics();
    return used_heap_size + external_memory;
  }

  /** Whether more than the limit is kept. Garbage is collected before it is held against anyone. */
  isExceeded(nowMs: number): boolean {
    if (this.usedBytes <= this.#limitBytes) return false;
    if (nowMs - this.#collectedAtMs < COLLECT_EVERY_MS) return false;
    this.#collectedAtMs = nowMs;
    this.#collect();
    return this.usedBytes > this.#limitBytes;
  }
}
