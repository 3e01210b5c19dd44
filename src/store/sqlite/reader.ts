import { NULL_BYTES, SAME_BYTES } from "./encode.ts";

/** Reads what `encodeChanges` wrote. Bytes are views into the buffer: no copy before the database's own. */
export class ChangeReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #strings: readonly string[];
  #position = 0;

  constructor(buffer: ArrayBuffer, strings: readonly string[]) {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#strings = strings;
  }

  byte(): number {
    return this.#bytes[this.#position++]!;
  }

  number(): number {
    const value = this.#view.getFloat64(this.#position, true);
    this.#position += 8;
    return value;
  }

  uint32(): number {
    const value = this.#view.getUint32(this.#position, true);
    this.#position += 4;
    return value;
  }

  string(): string {
    return this.#strings[this.uint32()]!;
  }

  /** Undefined: as it is. */
  bytes(): Uint8Array | null | undefined {
    const length = this.uint32();
    if (length === SAME_BYTES) return undefined;
    if (length === NULL_BYTES) return null;
    const start = this.#position;
    this.#position = start + length;
    return this.#bytes.subarray(start, this.#position);
  }
}
