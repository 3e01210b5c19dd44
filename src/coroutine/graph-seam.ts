/**
 * What the coroutine runtime asks of the value-graph codec (`src/wire/graph`).
 *
 * The codec owns: the table of heap nodes (sharing and cycles), plain objects, arrays, Map, Set, Date, RegExp,
 * errors, buffers, boxed values, URL, strings and their deduplication, limits on depth and size.
 * The runtime owns, through these hooks: closures, functions and classes by name, module bindings, frames,
 * tasks, iterators in flight and instances of classes.
 *
 * The codec asks the hooks first for every object and function it meets for the first time, except for plain
 * objects and arrays whose prototype is the built-in one and that `isNamed` does not know.
 */

/** A value without identity of its own in the graph: written in place. */
export type HeadValue = string | number | Uint8Array;

/** How a node that the runtime owns is written. */
export interface NodeDescription {
  /** Which kind of node; below 64, and stable for ever once released. */
  readonly kind: number;
  /** Written in place, strings deduplicated over the whole graph. */
  readonly head: readonly HeadValue[];
  /** Any values, objects of the graph included. */
  readonly children: readonly unknown[];
  /** Names of the children for the path of an error, in their order; missing ones are `[index]`. */
  readonly labels?: readonly string[];
}

export interface EncodeHooks {
  /** True for objects that have a name, though they look plain: `const CONFIG = {...}` of a module. */
  isNamed(value: object): boolean;
  /** How to write `value`, or undefined when the codec's own kinds apply. Throws UnsavableError to refuse. */
  describe(value: object): NodeDescription | undefined;
}

/**
 * Decoding has two phases, since a closure may capture an object that holds the closure. All nodes are parsed;
 * then each is allocated, on demand and once; then each is filled.
 */
export interface DecodeHooks {
  /**
   * The object of a node, still empty. `child(i)` gives the i-th child, allocated but maybe not filled yet: a
   * closure needs its captured values here. A node that needs itself to be allocated is corrupt.
   */
  allocate(
    kind: number,
    head: readonly HeadValue[],
    child: (index: number) => unknown,
    count: number,
  ): object;
  /** Called once every node is allocated. Nodes of the codec's own kinds may be filled before or after. */
  fill(value: object, kind: number, head: readonly HeadValue[], children: readonly unknown[]): void;
}

/** One step from the root to a refused value. */
export interface TrailStep {
  readonly holder: object;
  /** `.name`, `[3]`, `.get("key")` for nodes of the codec; the label given for nodes of the runtime. */
  readonly label: string;
}

/**
 * The codec throws an error of this shape (its class is the codec's own, exported by it) when a value cannot be
 * written: `what` says what it is ("Socket", "a native Promise"), `trail` how it was reached, root first.
 */
export interface UnsavableDetail {
  readonly what: string;
  readonly hint?: string;
  readonly trail: readonly TrailStep[];
}

/*
 * The functions the runtime calls:
 *
 *   encodeGraph(root: unknown, options: { hooks?: EncodeHooks; bytesMax?: number; depthMax?: number }): Uint8Array
 *   decodeGraph(bytes: Uint8Array, options: { hooks?: DecodeHooks; ... same limits }): unknown
 *
 * An Error, Map, Set or array of a registered subclass is described by the hooks as kind "instance" with the
 * base's own data as children; everything else about a subclass is the runtime's business.
 */
