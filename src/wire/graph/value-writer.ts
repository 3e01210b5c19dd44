/** Writes values: everything without identity in place, objects as references to nodes. */
import type { ByteWriter } from "./byte-writer.ts";
import {
  TAG_BIG_NEGATIVE,
  TAG_BIG_POSITIVE,
  TAG_FALSE,
  TAG_FLOAT32,
  TAG_FLOAT64,
  TAG_LATIN1,
  TAG_NEAR_NODE,
  TAG_NEAR_STRING,
  TAG_NEGATIVE,
  TAG_NEW_NODE,
  TAG_NODE,
  TAG_NULL,
  TAG_POSITIVE,
  TAG_SHORT_STRING,
  TAG_STRING,
  TAG_SYMBOL_FOR,
  TAG_SYMBOL_NAMED,
  TAG_SYMBOL_WELL_KNOWN,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_UTF8,
  TAG_UTF16,
  WELL_KNOWN_SYMBOLS,
} from "./format.ts";

/** Up to here a loop over the characters is faster than a call into the engine. */
const LOOP_LENGTH_MAX = 48;

export class ValueWriter {
  readonly out: ByteWriter;
  /** The objects of the graph in the order of their numbers. */
  readonly nodes: object[] = [];
  /** The number of the node in whose body each node appeared first; -1 for the root. */
  readonly parents: number[] = [];
  /** The node whose body is being written. */
  current = -1;
  readonly #numbers = new Map<object, number>();
  readonly #strings = new Map<string, number>();

  constructor(out: ByteWriter) {
    this.out = out;
  }

  numberOf(node: object): number | undefined {
    return this.#numbers.get(node);
  }

  /** @returns false, having written nothing, for a symbol that other processes cannot know */
  value(value: unknown): boolean {
    switch (typeof value) {
      case "string":
        this.string(value);
        return true;
      case "number":
        this.number(value);
        return true;
      case "boolean":
        this.out.byte(value ? TAG_TRUE : TAG_FALSE);
        return true;
      case "undefined":
        this.out.byte(TAG_UNDEFINED);
        return true;
      case "bigint":
        this.out.byte(value < 0n ? TAG_BIG_NEGATIVE : TAG_BIG_POSITIVE);
        this.out.magnitude(value < 0n ? -value : value);
        return true;
      case "symbol":
        return this.#symbol(value);
      default:
        if (value === null) this.out.byte(TAG_NULL);
        else this.reference(value as object);
        return true;
    }
  }

  reference(node: object): void {
    const number = this.#numbers.get(node);
    if (number === undefined) {
      this.#numbers.set(node, this.nodes.length);
      this.nodes.push(node);
      this.parents.push(this.current);
      this.out.byte(TAG_NEW_NODE);
    } else if (number < 32) {
      this.out.byte(TAG_NEAR_NODE | number);
    } else {
      this.out.byte(TAG_NODE);
      this.out.varint(number);
    }
  }

  number(value: number): void {
    const out = this.out;
    if (Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0)) {
      if (value >= 0 && value < 64) {
        out.byte(value);
        return;
      }
      out.byte(value < 0 ? TAG_NEGATIVE : TAG_POSITIVE);
      out.varint(value < 0 ? -1 - value : value);
    } else if (Math.fround(value) === value || Number.isNaN(value)) {
      out.byte(TAG_FLOAT32);
      out.float32(value);
    } else {
      out.byte(TAG_FLOAT64);
      out.float64(value);
    }
  }

  string(text: string): void {
    const out = this.out;
    if (text.length > 1) {
      const known = this.#strings.get(text);
      if (known !== undefined) {
        if (known < 64) {
          out.byte(TAG_NEAR_STRING | known);
        } else {
          out.byte(TAG_STRING);
          out.varint(known);
        }
        return;
      }
      this.#strings.set(text, this.#strings.size);
    }
    if (text.length > LOOP_LENGTH_MAX || !this.#latin1(text)) this.#encoded(text);
  }

  /** @returns false, having written nothing, when a character needs more than a byte */
  #latin1(text: string): boolean {
    const out = this.out;
    const length = text.length;
    out.reserve(length + 2);
    const bytes = out.bytes;
    let position = out.position;
    if (length < 32) {
      bytes[position++] = TAG_SHORT_STRING | length;
    } else {
      bytes[position++] = TAG_LATIN1;
      bytes[position++] = length;
    }
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 255) return false;
      bytes[position++] = code;
    }
    out.position = position;
    return true;
  }

  /** Whichever encoding is shorter; only UTF-16 carries lone surrogates. */
  #encoded(text: string): void {
    const out = this.out;
    const utf8Length = Buffer.byteLength(text, "utf8");
    const isAscii = utf8Length === text.length;
    if (isAscii || (utf8Length <= text.length * 2 && text.isWellFormed())) {
      out.byte(isAscii ? TAG_LATIN1 : TAG_UTF8);
      out.varint(utf8Length);
      out.reserve(utf8Length);
      out.position += out.bytes.write(text, out.position, utf8Length, isAscii ? "latin1" : "utf8");
    } else {
      out.byte(TAG_UTF16);
      out.varint(text.length);
      out.reserve(text.length * 2);
      out.position += out.bytes.write(text, out.position, text.length * 2, "utf16le");
    }
  }

  #symbol(symbol: symbol): boolean {
    const key = Symbol.keyFor(symbol);
    if (key !== undefined) {
      this.out.byte(TAG_SYMBOL_FOR);
      this.string(key);
      return true;
    }
    const index = WELL_KNOWN_SYMBOLS.indexOf(symbol);
    if (index >= 0) {
      this.out.byte(TAG_SYMBOL_WELL_KNOWN);
      this.out.byte(index);
      return true;
    }
    const name = this.nameOfSymbol(symbol);
    if (name === undefined) return false;
    this.out.byte(TAG_SYMBOL_NAMED);
    this.string(name);
    return true;
  }

  /** The name by which others find a symbol of this process. */
  protected nameOfSymbol(_symbol: symbol): string | undefined {
    return undefined;
  }
}
