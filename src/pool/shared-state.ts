/**
 * The memory that a thread and the front share: which runs the thread has started, and what is left to read when it
 * has died (messages posted just before an exit may be lost, this is not).
 *
 * Each run sent to a thread has a seat. A seat is *offered* by the front when it sends the run; the thread takes it
 * when it starts the run, or the front takes it back. Both do so by one atomic exchange: a run is started or taken
 * back, never both.
 */

const WORDS = 8;
const TEXT_BYTES = 8_192;

const FIELD = { heartbeat: 0, runningSeat: 1, culpritId: 2, reason: 3, textLength: 4, memoryKiB: 5 } as const;
const SEAT = { free: 0, offered: 1, started: 2 } as const;

export type CulpritReason = "exit" | "uncaught" | "out-of-memory";
const REASONS: readonly CulpritReason[] = ["exit", "uncaught", "out-of-memory"];

export interface Culprit {
  /** The guilty run, or undefined when the code belonged to none. */
  id: number | undefined;
  reason: CulpritReason;
  /** What happened, for the error's message. */
  text: string;
}

export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  readonly #seats: Int32Array;

  static withSeats(seats: number): SharedState {
    return new SharedState(new SharedArrayBuffer(WORDS * 4 + TEXT_BYTES + seats * 4));
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#text = new Uint8Array(buffer, WORDS * 4, TEXT_BYTES);
    this.#seats = new Int32Array(buffer, WORDS * 4 + TEXT_BYTES);
  }

  get seats(): number {
    return this.#seats.length;
  }

  /** By the front, when it sends a run. */
  offer(seat: number): void {
    Atomics.store(this.#seats, seat, SEAT.offered);
  }

  /** By the thread, before it starts a run; false when the front has taken the run back. */
  take(seat: number): boolean {
    return Atomics.compareExchange(this.#seats, seat, SEAT.offered, SEAT.started) === SEAT.offered;
  }

  /** By the front; false when the thread has started the run. */
  takeBack(seat: number): boolean {
    return Atomics.compareExchange(this.#seats, seat, SEAT.offered, SEAT.free) === SEAT.offered;
  }

  wasStarted(seat: number): boolean {
    return Atomics.load(this.#seats, seat) === SEAT.started;
  }

  /** Counts turns of the thread's event loop; stands still while code blocks it. */
  get heartbeat(): number {
    return Atomics.load(this.#words, FIELD.heartbeat);
  }

  beat(): void {
    Atomics.add(this.#words, FIELD.heartbeat, 1);
  }

  /** Heap and buffers of the thread as of its last heartbeat, garbage included. */
  get memoryBytes(): number {
    return Atomics.load(this.#words, FIELD.memoryKiB) * 1_024;
  }

  set memoryBytes(bytes: number) {
    Atomics.store(this.#words, FIELD.memoryKiB, Math.ceil(bytes / 1_024));
  }

  /** The run whose first stretch of code executes right now; what it does after an await is not seen here. */
  get runningSeat(): number | undefined {
    const seat = Atomics.load(this.#words, FIELD.runningSeat);
    return seat === 0 ? undefined : seat - 1;
  }

  set runningSeat(seat: number | undefined) {
    this.#words[FIELD.runningSeat] = seat === undefined ? 0 : seat + 1;
  }

  /** Set by a dying thread that knows which run is to blame. The first culprit stays. */
  set culprit({ id, reason, text }: Culprit) {
    if (Atomics.load(this.#words, FIELD.reason) !== 0) return;
    const { written } = new TextEncoder().encodeInto(text, this.#text.subarray());
    Atomics.store(this.#words, FIELD.textLength, written);
    Atomics.store(this.#words, FIELD.culpritId, id ?? -1);
    Atomics.store(this.#words, FIELD.reason, REASONS.indexOf(reason) + 1);
  }

  get culprit(): Culprit | undefined {
    const reason = REASONS[Atomics.load(this.#words, FIELD.reason) - 1];
    if (reason === undefined) return undefined;
    const id = Atomics.load(this.#words, FIELD.culpritId);
    const text = new TextDecoder().decode(this.#text.slice(0, Atomics.load(this.#words, FIELD.textLength)));
    return { id: id === -1 ? undefined : id, reason, text };
  }
}
