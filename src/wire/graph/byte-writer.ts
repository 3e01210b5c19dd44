/** A growing buffer, kept between graphs: a coroutine step writes a few hundred bytes, many thousand times a second. */
import { MAX_SAFE } from "./format.ts";

const INITIAL_SIZE = 16 * 1024;
/** A buffer that one large graph grew beyond this is given back. */
const KEPT_SIZE_MAX = 1024 * 1024;

export class ByteWriter {
  bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  position = 0;

  /** A copy of what was written, in an ArrayBuffer of its own; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.position);
    taken.set(this.bytes.subarray(0, this.position));
    this.reset();
    return taken;
  }

  reset(): void {
    this.position = 0;
    if (this.bytes.length > KEPT_SIZE_MAX) this.bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, needed));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
  }

  byte(value: number): void {
    if (this.position === this.bytes.length) this.reserve(1);
    this.bytes[this.position++] = value;
  }

  /** A non-negative safe integer, in LEB128. */
  varint(value: number): void {
    this.reserve(8);
    const bytes = this.bytes;
    while (value > 0x7fffffff) {
      bytes[this.position++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      bytes[this.position++] = (value & 127) | 0x80;
      value >>>= 7;
    }
    bytes[this.position++] = value;
  }

  float64(value: number): void {
    this.reserve(8);
    this.position = this.bytes.writeDoubleLE(value, this.position);
  }

  float32(value: number): void {
    this.reserve(4);
    this.position = this.bytes.writeFloatLE(value, this.position);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** The magnitude, least significant byte first, after its length. */
  magnitude(value: bigint): void {
    if (value <= BigInt(MAX_SAFE)) {
      const small: number[] = [];
      for (let rest = Number(value); rest > 0; rest = Math.floor(rest / 256)) small.push(rest % 256);
      this.varint(small.length);
      for (const byte of small) this.byte(byte);
      return;
    }
    const hex = value.toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").reverse();
    this.varint(bytes.length);
    this.raw(bytes);
  }
}
