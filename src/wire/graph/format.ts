/**
 * The bytes of a graph.
 *
 *     graph  := MAGIC VERSION value node* regions?
 *
 * A value is one tag byte and what it needs. An object is written as a reference: NEW_NODE at its first place, a number
 * later. The bodies of the nodes follow the root in the order in which their NEW_NODE appeared, so a body needs no
 * number, and neither side needs recursion. Strings of two and more characters are numbered in the order in which
 * they appear, and referred to after that. Integers are LEB128. `regions` is there when there are views: the bytes
 * behind them (see regions.ts).
 */
export const MAGIC = 0xda;
export const VERSION = 1;

// Tags of values. The ranges 0x00 to 0xbf hold their operand in their low bits.
export const TAG_SMALL_INTEGER = 0x00; // 0 to 63
export const TAG_NEAR_STRING = 0x40; // string 0 to 63
export const TAG_SHORT_STRING = 0x80; // Latin-1, 0 to 31 characters
export const TAG_NEAR_NODE = 0xa0; // node 0 to 31
export const TAG_UNDEFINED = 0xc0;
export const TAG_NULL = 0xc1;
export const TAG_TRUE = 0xc2;
export const TAG_FALSE = 0xc3;
export const TAG_HOLE = 0xc4;
export const TAG_NEW_NODE = 0xc5;
export const TAG_NODE = 0xc6;
export const TAG_STRING = 0xc7;
export const TAG_LATIN1 = 0xc8;
export const TAG_UTF8 = 0xc9;
export const TAG_UTF16 = 0xca;
export const TAG_POSITIVE = 0xcb;
export const TAG_NEGATIVE = 0xcc; // -1 - n
export const TAG_FLOAT64 = 0xcd;
export const TAG_FLOAT32 = 0xce;
export const TAG_BIG_POSITIVE = 0xcf;
export const TAG_BIG_NEGATIVE = 0xd0; // -n
export const TAG_SYMBOL_FOR = 0xd1;
export const TAG_SYMBOL_WELL_KNOWN = 0xd2;
/** Only in the head of a node of the hooks. */
export const TAG_BYTES = 0xd3;
/** Only before a property key: the property is not writable, enumerable and configurable. */
export const TAG_ATTRIBUTES = 0xd4;
/** A symbol that the hooks know by a name. */
export const TAG_SYMBOL_NAMED = 0xd5;

// Kinds of nodes, stable for ever. From KIND_HOOK on they belong to the hooks.
export const KIND_OBJECT = 1;
export const KIND_NULL_PROTOTYPE = 2;
export const KIND_ARRAY = 3;
export const KIND_ARRAY_WITH_PROPERTIES = 4;
export const KIND_SPARSE_ARRAY = 5;
export const KIND_ARGUMENTS = 6;
export const KIND_MAP = 7;
export const KIND_SET = 8;
export const KIND_DATE = 9;
export const KIND_REGEXP = 10;
export const KIND_ERROR = 11;
export const KIND_DOM_EXCEPTION = 12;
export const KIND_BOXED = 13;
export const KIND_URL = 14;
export const KIND_URL_SEARCH_PARAMS = 15;
export const KIND_ARRAY_BUFFER = 16;
export const KIND_VIEW = 17;
export const KIND_MESSAGE = 18;
/** A registered class with a state of its own: name, state. */
export const KIND_STATE = 19;
/** Before the body of an instance of a registered class: name. */
export const KIND_OF_CLASS = 20;
/** Before the body of an object that is not extensible: level. */
export const KIND_INTEGRITY = 21;
export const KIND_HOOK = 0x40;
export const HOOK_KINDS = 64;

export const WRITABLE = 1;
export const ENUMERABLE = 2;
export const CONFIGURABLE = 4;
/** A getter and a setter in place of a value: functions, so they need hooks. */
export const ACCESSOR = 8;
export const ALL_ATTRIBUTES = WRITABLE | ENUMERABLE | CONFIGURABLE;

export const NON_EXTENSIBLE = 1;
export const SEALED = 2;
export const FROZEN = 3;

/** What a property of an object of each integrity level looks like when nobody set its attributes. */
export const USUAL_ATTRIBUTES = [ALL_ATTRIBUTES, ALL_ATTRIBUTES, WRITABLE | ENUMERABLE, ENUMERABLE] as const;

/** Their index is written: append only. */
export const WELL_KNOWN_SYMBOLS: readonly symbol[] = [
  Symbol.iterator,
  Symbol.asyncIterator,
  Symbol.hasInstance,
  Symbol.isConcatSpreadable,
  Symbol.match,
  Symbol.matchAll,
  Symbol.replace,
  Symbol.search,
  Symbol.species,
  Symbol.split,
  Symbol.toPrimitive,
  Symbol.toStringTag,
  Symbol.unscopables,
  Symbol.dispose,
  Symbol.asyncDispose,
];

/** Their index is written: append only. */
export const ERROR_CLASSES = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
] as const;

/** Their index is written: append only. */
export const VIEW_CLASSES = [
  Buffer,
  Uint8Array,
  DataView,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

export const MAX_SAFE = Number.MAX_SAFE_INTEGER;
