/**
 * The few words of memory that a thread and the front share. They are what is left to read when a thread has died:
 * messages posted just before an exit may be lost, this is not.
 */

const WORDS = 8;
const TEXT_BYTES = 8_192;

const FIELD = { heartbeat: 0, runningSlot: 1, culpritSlot: 2, reason: 3, textLength: 4 } as const;

export type CulpritReason = "exit" | "uncaught";
const REASONS: readonly CulpritReason[] = ["exit", "uncaught"];

export interface Culprit {
  /** The guilty run, or undefined when the code belonged to none. */
  slot: number | undefined;
  reason: CulpritReason;
  /** What happened, for the error's message. */
  text: string;
}

export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #text: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(WORDS * 4 + TEXT_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#text = new Uint8Array(buffer, WORDS * 4, TEXT_BYTES);
  }

  /** Counts turns of the thread's event loop; stands still while code blocks it. */
  get heartbeat(): number {
    return Atomics.load(this.#words, FIELD.heartbeat);
  }

  beat(): void {
    Atomics.add(this.#words, FIELD.heartbeat, 1);
  }

  /** The run whose first stretch of code executes right now; what it does after an await is not seen here. */
  get runningSlot(): number | undefined {
    const slot = Atomics.load(this.#words, FIELD.runningSlot);
    return slot === 0 ? undefined : slot - 1;
  }

  set runningSlot(slot: number | undefined) {
    this.#words[FIELD.runningSlot] = slot === undefined ? 0 : slot + 1;
  }

  /** Set by a dying thread that knows which run is to blame. The first culprit stays. */
  set culprit({ slot, reason, text }: Culprit) {
    if (Atomics.load(this.#words, FIELD.reason) !== 0) return;
    const { written } = new TextEncoder().encodeInto(text, this.#text.subarray());
    Atomics.store(this.#words, FIELD.textLength, written);
    Atomics.store(this.#words, FIELD.culpritSlot, slot === undefined ? 0 : slot + 1);
    Atomics.store(this.#words, FIELD.reason, REASONS.indexOf(reason) + 1);
  }

  get culprit(): Culprit | undefined {
    const reason = REASONS[Atomics.load(this.#words, FIELD.reason) - 1];
    if (reason === undefined) return undefined;
    const slot = Atomics.load(this.#words, FIELD.culpritSlot);
    const text = new TextDecoder().decode(this.#text.slice(0, Atomics.load(this.#words, FIELD.textLength)));
    return { slot: slot === 0 ? undefined : slot - 1, reason, text };
  }
}
