/** Reads bytes from outside: every read is checked against the end. */
import { GraphError } from "./error.ts";
import { MAX_SAFE } from "./format.ts";

export function malformed(what: string, cause?: unknown): GraphError {
  return new GraphError(
    "MALFORMED",
    `not a value graph: ${what}`,
    cause === undefined ? undefined : { cause },
  );
}

export class ByteReader {
  readonly bytes: Buffer;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  byte(): number {
    const value = this.bytes[this.position++];
    if (value === undefined) throw malformed("it ends early");
    return value;
  }

  varint(): number {
    let value = this.byte();
    if (value < 128) return value;
    value &= 127;
    for (let scale = 128; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (value > MAX_SAFE) throw malformed("an integer is too large");
      if (byte < 128) return value;
      if (scale > MAX_SAFE) throw malformed("an integer is too long");
    }
  }

  /** A number of things that take at least `bytesEach` bytes: more than could follow is refused before allocating. */
  count(bytesEach: number): number {
    const count = this.varint();
    if (count * bytesEach > this.remaining) throw malformed("it ends early");
    return count;
  }

  /** The start of `length` bytes that are there; moves behind them. */
  skip(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) throw malformed("it ends early");
    this.position = start + length;
    return start;
  }

  float64(): number {
    return this.bytes.readDoubleLE(this.skip(8));
  }

  float32(): number {
    return this.bytes.readFloatLE(this.skip(4));
  }

  /** A copy, in an ArrayBuffer of its own. */
  copy(length: number): Uint8Array<ArrayBuffer> {
    const start = this.skip(length);
    return Uint8Array.from(this.bytes.subarray(start, start + length));
  }

  magnitude(): bigint {
    const length = this.count(1);
    const start = this.skip(length);
    if (length <= 6) return BigInt(length === 0 ? 0 : this.bytes.readUIntLE(start, length));
    const bytes = Buffer.from(this.bytes.subarray(start, start + length)).reverse();
    return BigInt(`0x${bytes.toString("hex")}`);
  }
}
