/**
 * Calls that wait, without an object for each: rows of numbers outside of the garbage collector's sight, about 170
 * bytes a call with its timer. A call that is touched becomes an object again, and a row when it has waited.
 */
import type { StateKind } from "../../store/index.ts";
import { type Call, timerAt } from "../call/call.ts";
import { SlotTimers } from "./slot-timers.ts";
import { Targets } from "./targets.ts";

const ROWS = 1 << 13;
const TIMES = 6;
const COUNTS = 14;

interface Chunk {
  readonly times: Float64Array;
  readonly counts: Int32Array;
  readonly correlations: BigUint64Array;
}

const STATES = ["suspended", "delayed"] as const;
const KINDS: readonly StateKind[] = ["none", "typed", "bytes"];

export class Sleepers {
  readonly timers = new SlotTimers();
  readonly #targets = new Targets();
  readonly #chunks: Chunk[] = [];
  readonly #free: number[] = [];
  /** By slot. Apart from the rows: most calls have none, and each has its own. */
  readonly #traces = new Map<number, string>();
  #used = 0;

  get size(): number {
    return this.#used - this.#free.length;
  }

  /** Only these; what is rare does not have a column. */
  static accepts(call: Call): boolean {
    return (
      (call.state === "suspended" || call.state === "delayed") &&
      !call.runActive &&
      call.pollError === null &&
      call.delivering === 0
    );
  }

  /** A row for the call, its timer set. The call must be acceptable. */
  put(call: Call): number {
    const slot = this.#free.pop() ?? this.#used++;
    const chunk = this.#chunkOf(slot);
    const row = slot % ROWS;
    const { times, counts } = chunk;
    let at = row * TIMES;
    times[at++] = call.id;
    times[at++] = call.parentId;
    times[at++] = call.rootId;
    times[at++] = call.createdAtMs;
    times[at++] = call.expiresAtMs;
    times[at] = call.wakeAtMs;
    chunk.correlations[row] = call.correlationId;
    let count = row * COUNTS;
    counts[count++] = this.#targets.take(call);
    counts[count++] = call.state === "suspended" ? 0 : 1;
    counts[count++] = KINDS.indexOf(call.stateKind);
    counts[count++] = call.parentGeneration;
    counts[count++] = call.priority;
    counts[count++] = call.attempt;
    counts[count++] = call.failures;
    counts[count++] = call.generation;
    counts[count++] = call.restarts;
    counts[count++] = (call.minResults << 16) | call.maxResults;
    counts[count++] = call.consumed;
    counts[count++] = call.arrivals;
    counts[count++] = call.outstanding;
    counts[count] = call.children;
    if (call.trace !== null) this.#traces.set(slot, call.trace);
    this.timers.add(slot, timerAt(call));
    return slot;
  }

  /** The call of a row, which stays. */
  read(slot: number): Call {
    const chunk = this.#chunks[Math.floor(slot / ROWS)]!;
    const row = slot % ROWS;
    const { times, counts } = chunk;
    const at = row * TIMES;
    const count = row * COUNTS;
    const results = counts[count + 9]!;
    return {
      id: times[at]!,
      parentId: times[at + 1]!,
      rootId: times[at + 2]!,
      parentGeneration: counts[count + 3]!,
      correlationId: chunk.correlations[row]!,
      ...this.#targets.get(counts[count]!),
      trace: this.#traces.get(slot) ?? null,
      createdAtMs: times[at + 3]!,
      expiresAtMs: times[at + 4]!,
      priority: counts[count + 4]!,
      state: STATES[counts[count + 1]!]!,
      attempt: counts[count + 5]!,
      failures: counts[count + 6]!,
      generation: counts[count + 7]!,
      restarts: counts[count + 8]!,
      wakeAtMs: times[at + 5]!,
      minResults: results >> 16,
      maxResults: results & 0xffff,
      consumed: counts[count + 10]!,
      stateKind: KINDS[counts[count + 2]!]!,
      pollError: null,
      runActive: false,
      delivering: 0,
      arrivals: counts[count + 11]!,
      outstanding: counts[count + 12]!,
      children: counts[count + 13]!,
      ending: "cancelled",
    };
  }

  /** The call of a row, which is free from then on. */
  take(slot: number): Call {
    const call = this.read(slot);
    this.#targets.release(this.#chunks[Math.floor(slot / ROWS)]!.counts[(slot % ROWS) * COUNTS]!);
    if (call.trace !== null) this.#traces.delete(slot);
    this.timers.remove(slot);
    this.#free.push(slot);
    return call;
  }

  /** While recovering: one child more, in place. */
  adopt(slot: number, awaited: boolean): void {
    const { counts } = this.#chunks[Math.floor(slot / ROWS)]!;
    const count = (slot % ROWS) * COUNTS;
    counts[count + 13]! += 1;
    if (awaited) counts[count + 12]! += 1;
  }

  #chunkOf(slot: number): Chunk {
    const index = Math.floor(slot / ROWS);
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      chunk = {
        times: new Float64Array(ROWS * TIMES),
        counts: new Int32Array(ROWS * COUNTS),
        correlations: new BigUint64Array(ROWS),
      };
      this.#chunks[index] = chunk;
    }
    return chunk;
  }
}
