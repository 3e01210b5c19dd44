/**
 * Coroutines that were just suspended, kept alive for their next run in this thread. Only a shortcut: the state that
 * comes with the run decides, and a coroutine is used only if it is the very one that wrote this state.
 */
import type { Coroutine } from "../coroutine.ts";

interface Entry {
  readonly coroutine: Coroutine;
  readonly state: Uint8Array;
}

export class HotCache {
  private readonly entries = new Map<string, Entry>();
  private readonly max: number;

  /** @param max coroutines kept; the one suspended longest ago makes room. 0 keeps none. */
  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.entries.size;
  }

  keep(dispatchId: string, coroutine: Coroutine, state: Uint8Array): void {
    if (this.max === 0 || dispatchId === "") return;
    this.entries.delete(dispatchId);
    this.entries.set(dispatchId, { coroutine, state });
    if (this.entries.size <= this.max) return;
    const [oldest] = this.entries.keys();
    this.entries.delete(oldest!);
  }

  /** The coroutine that wrote `state`, which is then no longer kept: a run may be handed out twice. */
  take(dispatchId: string, state: Uint8Array): Coroutine | undefined {
    const entry = this.entries.get(dispatchId);
    if (!entry) return undefined;
    this.entries.delete(dispatchId);
    return Buffer.compare(entry.state, state) === 0 ? entry.coroutine : undefined;
  }

  clear(): void {
    this.entries.clear();
  }
}
