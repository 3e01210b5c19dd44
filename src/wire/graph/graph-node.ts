import type { RegisteredClass } from "./classes.ts";
import type { ViewPlace } from "./regions.ts";

export const PARSED = 0;
export const ALLOCATING = 1;
export const ALLOCATED = 2;
export const FILLED = 3;

/** An object of a graph that is being read: first what was written, then the object. */
export class GraphNode {
  kind = 0;
  stage = PARSED;
  /** How far it is closed to change. */
  level = 0;
  /** For instances of registered classes. */
  ofClass: RegisteredClass | undefined = undefined;
  /** What its kind needs besides: a length, a source text, the head of a hook's node. */
  head: unknown = undefined;
  /** Its elements, entries or children among the slots. */
  start = 0;
  count = 0;
  /** Its properties among the slots: keys and values in turn. */
  propertiesStart = 0;
  propertyCount = 0;
  value: object | undefined = undefined;
}

/** In the place of a key: the value after it is the setter of the property before it, whose value is the getter. */
export const SETTER_KEY: unique symbol = Symbol("setter");

/** A key whose property is not writable, enumerable and configurable. */
export class AttributedKey {
  readonly key: string | symbol;
  readonly attributes: number;

  constructor(key: string | symbol, attributes: number) {
    this.key = key;
    this.attributes = attributes;
  }
}

export interface RegExpHead {
  readonly source: string;
  readonly flags: string;
}

export interface ErrorHead {
  readonly classIndex: number;
  readonly stack: string | undefined;
  readonly name: string | undefined;
}

export interface DomExceptionHead {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export interface ViewHead {
  readonly classIndex: number;
  place: ViewPlace | undefined;
}

export interface MessageHead {
  readonly typeName: string;
  readonly bytes: Uint8Array;
}
