/** Reads values. An object is handed out as its node, which becomes an object later. */
import { ByteReader, malformed } from "./byte-reader.ts";
import {
  TAG_BIG_NEGATIVE,
  TAG_BIG_POSITIVE,
  TAG_BYTES,
  TAG_FALSE,
  TAG_FLOAT32,
  TAG_FLOAT64,
  TAG_HOLE,
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
import { GraphNode } from "./graph-node.ts";

/** An element that is not there. */
export const HOLE = Symbol("hole");

export class ValueReader extends ByteReader {
  readonly nodes: GraphNode[] = [];
  readonly #strings: string[] = [];

  value(): unknown {
    const tag = this.byte();
    if (tag < TAG_NEAR_STRING) return tag;
    if (tag < TAG_SHORT_STRING) return this.#known(tag - TAG_NEAR_STRING);
    if (tag < TAG_NEAR_NODE) return this.#added(this.#short(tag - TAG_SHORT_STRING));
    if (tag < TAG_UNDEFINED) return this.#node(tag - TAG_NEAR_NODE);
    switch (tag) {
      case TAG_UNDEFINED:
        return undefined;
      case TAG_NULL:
        return null;
      case TAG_TRUE:
        return true;
      case TAG_FALSE:
        return false;
      case TAG_HOLE:
        return HOLE;
      case TAG_NEW_NODE: {
        const node = new GraphNode();
        this.nodes.push(node);
        return node;
      }
      case TAG_NODE:
        return this.#node(this.varint());
      default:
        return this.#larger(tag);
    }
  }

  /** @throws {GraphError} when another value is there */
  string(): string {
    const value = this.value();
    if (typeof value !== "string") throw malformed("something else where a string belongs");
    return value;
  }

  #larger(tag: number): unknown {
    switch (tag) {
      case TAG_STRING:
        return this.#known(this.varint());
      case TAG_POSITIVE:
        return this.varint();
      case TAG_NEGATIVE:
        return -1 - this.varint();
      case TAG_FLOAT64:
        return this.float64();
      case TAG_FLOAT32:
        return this.float32();
      case TAG_LATIN1:
        return this.#added(this.#encoded("latin1", 1));
      case TAG_UTF8:
        return this.#added(this.#encoded("utf8", 1));
      case TAG_UTF16:
        return this.#added(this.#encoded("utf16le", 2));
      case TAG_BIG_POSITIVE:
        return this.magnitude();
      case TAG_BIG_NEGATIVE:
        return -this.magnitude();
      case TAG_SYMBOL_FOR:
        return Symbol.for(this.string());
      case TAG_SYMBOL_WELL_KNOWN: {
        const symbol = WELL_KNOWN_SYMBOLS[this.byte()];
        if (symbol === undefined) throw malformed("an unknown symbol");
        return symbol;
      }
      case TAG_SYMBOL_NAMED:
        return this.symbolOfName(this.string());
      case TAG_BYTES:
        return this.copy(this.varint());
      default:
        throw malformed(`an unknown tag ${tag}`);
    }
  }

  protected symbolOfName(_name: string): symbol {
    throw malformed("an unknown symbol");
  }

  #node(number: number): GraphNode {
    const node = this.nodes[number];
    if (node === undefined) throw malformed("a reference to no object");
    return node;
  }

  #known(number: number): string {
    const text = this.#strings[number];
    if (text === undefined) throw malformed("a reference to no string");
    return text;
  }

  #added(text: string): string {
    if (text.length > 1) this.#strings.push(text);
    return text;
  }

  #encoded(encoding: BufferEncoding, bytesEach: number): string {
    const length = this.count(bytesEach) * bytesEach;
    const start = this.skip(length);
    return this.bytes.toString(encoding, start, start + length);
  }

  /**
   * Names of properties and functions come again in graph after graph: a string out of the cache costs less than a new
   * one, which the engine would also have to look up among its property names.
   */
  #short(length: number): string {
    const start = this.skip(length);
    const bytes = this.bytes;
    let hash = length;
    for (let index = start; index < start + length; index++)
      hash = (hash * 31 + (bytes[index] as number)) | 0;
    const slot = (hash ^ (hash >>> 11)) & (CACHE_SIZE - 1);
    const cached = CACHE[slot] as string;
    if (cached.length === length && isAt(cached, bytes, start)) return cached;
    return (CACHE[slot] = bytes.toString("latin1", start, start + length));
  }
}

/** At most 2,048 strings of 31 characters. */
const CACHE_SIZE = 2048;
const CACHE: string[] = new Array<string>(CACHE_SIZE).fill("");

function isAt(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
