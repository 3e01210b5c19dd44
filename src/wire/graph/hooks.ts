/**
 * How a runtime above the codec carries values that only it understands: closures, functions and classes by name,
 * suspended frames, iterators in flight.
 *
 * The codec owns the table of nodes (sharing and cycles), all built-in kinds, registered classes, strings and their
 * deduplication, and the limits. It asks the hooks first for every object and function it meets, except for plain
 * objects and arrays of the built-in prototypes that `isNamed` does not know.
 */

/** A value without identity of its own in the graph: written in place. */
export type HeadValue = string | number | Uint8Array;

/** How a node that the runtime owns is written. */
export interface NodeDescription {
  /** Which kind of node; 0 to 63, and stable for ever once released. */
  readonly kind: number;
  /** Written in place, strings deduplicated over the whole graph. */
  readonly head: readonly HeadValue[];
  /** Any values, objects of the graph included. */
  readonly children: readonly unknown[];
  /** Names of the children for the path of an error, in their order; a missing one is `[index]`. */
  readonly labels?: readonly string[];
}

export interface EncodeHooks {
  /** True for plain objects and arrays that have a name: `const CONFIG = {...}` of a module. */
  isNamed(value: object): boolean;
  /**
   * How to write `value`, or undefined when the codec's own kinds apply.
   *
   * @throws {CannotCarryError} to refuse the value; the codec adds the path
   */
  describe(value: object): NodeDescription | undefined;
  /** The name of a symbol of this process alone: `const SKIP = Symbol("skip")` of a module. */
  nameOfSymbol?(symbol: symbol): string | undefined;
}

/**
 * Reading has phases, since a closure may capture an object that holds the closure: all nodes are parsed; then each
 * is allocated, on demand and once; then each is filled.
 */
export interface DecodeHooks {
  /**
   * The object of a node, still empty. `child(i)` gives the i-th child, allocated but maybe not filled yet. A node
   * that needs itself to be allocated is malformed.
   */
  allocate(
    kind: number,
    head: readonly HeadValue[],
    child: (index: number) => unknown,
    count: number,
  ): object;
  /** Called once every node is allocated. Nodes of the codec's own kinds may be filled before or after. */
  fill(value: object, kind: number, head: readonly HeadValue[], children: readonly unknown[]): void;
  /** The symbol that `nameOfSymbol` gave this name. Throws when there is none. */
  symbolOfName?(name: string): symbol;
}

/** One step from the root to a value. */
export interface TrailStep {
  readonly holder: object;
  /** `.name`, `[3]`, `.get("key")` for the codec's kinds; the label given for nodes of the hooks. */
  readonly label: string;
}
