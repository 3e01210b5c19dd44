/**
 * Where suspended calls were left: the thread that ran a call last may still hold its coroutine alive, and needs not
 * decode it. Nothing depends on it: a call whose thread is gone or busy resumes anywhere.
 */
import type { PoolThread } from "./thread.ts";

/** Far more than threads keep alive; each entry is a string and a reference. */
const CALLS_MAX = 50_000;

export class Affinities {
  readonly #threads = new Map<string, PoolThread>();

  threadOf(callId: string): PoolThread | undefined {
    return this.#threads.get(callId);
  }

  /** The call's newest run was answered by the thread. */
  answered(callId: string, thread: PoolThread, response: Uint8Array): void {
    this.#threads.delete(callId);
    if (!isPoll(response)) return;
    if (this.#threads.size >= CALLS_MAX) {
      for (const oldest of this.#threads.keys()) {
        this.#threads.delete(oldest);
        break;
      }
    }
    this.#threads.set(callId, thread);
  }

  threadDied(thread: PoolThread): void {
    for (const [callId, one] of this.#threads) if (one === thread) this.#threads.delete(callId);
  }
}

/** RunResponse: status is field 1 and poll field 3, and every encoder writes fields in order. */
const isPoll = (response: Uint8Array) => response[0] === 8 && response[1]! < 128 && response[2] === 26;
