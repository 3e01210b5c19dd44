/**
 * Iterators of for-of loops that hold a suspension point. They walk the built-in collections by position, so that
 * they can be saved; what they see of changes made during the loop is what native iterators see.
 */

/** `$$step` moves to the next item and says whether there is one. */
export interface StepIterator {
  $$value: unknown;
  $$step(): boolean;
  /** The loop was left early. */
  $$close(): void;
  /** The loop was left by an error, which wins over one of closing. */
  $$abort(): void;
}

/** What is walked: 0 values, 1 keys, 2 entries. */
export type IterationKind = 0 | 1 | 2;

abstract class BuiltIn {
  $$value: unknown = undefined;
  $$close(): void {}
  $$abort(): void {}
}

/** Arrays and typed arrays. */
export class ArraySteps extends BuiltIn implements StepIterator {
  items: ArrayLike<unknown>;
  kind: IterationKind;
  index = 0;
  done = false;

  constructor(items: ArrayLike<unknown>, kind: IterationKind) {
    super();
    this.items = items;
    this.kind = kind;
  }

  $$step(): boolean {
    const { index, items, kind } = this;
    if (this.done || index >= items.length) {
      this.done = true;
      this.$$value = undefined;
      return false;
    }
    this.index = index + 1;
    this.$$value = kind === 0 ? items[index] : kind === 1 ? index : [index, items[index]];
    return true;
  }
}

/** Strings, by code point. */
export class StringSteps extends BuiltIn implements StepIterator {
  text: string;
  index = 0;

  constructor(text: string) {
    super();
    this.text = text;
  }

  $$step(): boolean {
    const code = this.text.codePointAt(this.index);
    if (code === undefined) {
      this.$$value = undefined;
      return false;
    }
    const character = String.fromCodePoint(code);
    this.index += character.length;
    this.$$value = character;
    return true;
  }
}

type Collection = Map<unknown, unknown> | Set<unknown>;

/**
 * Map and Set. The native iterator knows exactly what a loop sees while the collection changes; saved is how many
 * of the entries there are now lie before it.
 */
export class CollectionSteps extends BuiltIn implements StepIterator {
  collection: Collection;
  kind: IterationKind;
  done = false;
  private iterator: Iterator<unknown>;

  constructor(collection: Collection, kind: IterationKind) {
    super();
    this.collection = collection;
    this.kind = kind;
    this.iterator = this.start();
  }

  private start(): Iterator<unknown> {
    if (this.kind === 0) return this.collection.values();
    return this.kind === 1 ? this.collection.keys() : this.collection.entries();
  }

  $$step(): boolean {
    if (this.done) return false;
    const result = this.iterator.next();
    this.done = result.done === true;
    this.$$value = this.done ? undefined : result.value;
    return !this.done;
  }

  get position(): number {
    if (this.done) return 0;
    let after = 0;
    while (!this.iterator.next().done) after++;
    const position = this.collection.size - after;
    this.moveTo(position);
    return position;
  }

  moveTo(position: number): void {
    this.iterator = this.start();
    const count = Math.min(position, this.collection.size);
    for (let i = 0; i < count; i++) this.iterator.next();
  }
}

/** for-in: the keys there were at the start, less those deleted since. */
export class KeySteps extends BuiltIn implements StepIterator {
  target: unknown;
  keys: string[] = [];
  index = 0;

  constructor(target: unknown) {
    super();
    this.target = target;
    if (target != null) for (const key in Object(target)) this.keys.push(key);
  }

  $$step(): boolean {
    while (this.index < this.keys.length) {
      const key = this.keys[this.index++]!;
      if (key in Object(this.target)) {
        this.$$value = key;
        return true;
      }
    }
    this.$$value = undefined;
    return false;
  }
}

/** Any other iterator. It can be saved if the object behind it can. */
export class ProtocolSteps implements StepIterator {
  iterator: Iterator<unknown>;
  done = false;
  $$value: unknown = undefined;

  constructor(iterator: Iterator<unknown>) {
    this.iterator = iterator;
  }

  $$step(): boolean {
    if (this.done) return false;
    let result: IteratorResult<unknown>;
    try {
      result = this.iterator.next();
      checkIteratorResult(result);
      this.done = result.done === true;
      this.$$value = this.done ? undefined : result.value;
    } catch (error) {
      this.done = true;
      throw error;
    }
    return !this.done;
  }

  $$close(): void {
    if (this.done) return;
    this.done = true;
    const close = this.iterator.return;
    if (close == null) return;
    const result: unknown = close.call(this.iterator);
    if (!isObject(result)) throw new TypeError(`${String(result)} is not an object`);
  }

  $$abort(): void {
    if (this.done) return;
    this.done = true;
    try {
      this.iterator.return?.();
    } catch {
      // The error that left the loop wins.
    }
  }
}

export const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

export function checkIteratorResult(result: unknown): void {
  if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
}

const arrayValues = Array.prototype[Symbol.iterator];
const arrayIteratorPrototype = Object.getPrototypeOf([][Symbol.iterator]());
const arrayNext = arrayIteratorPrototype.next;
const typedArrayValues = Object.getPrototypeOf(Uint8Array).prototype[Symbol.iterator];
const mapEntries = Map.prototype[Symbol.iterator];
const setValues = Set.prototype[Symbol.iterator];

/** The iterator of `for (x of value)`. */
export function iterate(value: unknown): StepIterator {
  return builtInIteration(value) ?? new ProtocolSteps(nativeIterator(value));
}

/** Steps over a built-in collection that iterates as it was built to; null for anything else. */
function builtInIteration(value: unknown): StepIterator | null {
  if (typeof value === "string") return new StringSteps(value);
  if (Array.isArray(value)) {
    if (value[Symbol.iterator] === arrayValues && arrayIteratorPrototype.next === arrayNext) {
      return new ArraySteps(value, 0);
    }
  } else if (value instanceof Map) {
    if (value[Symbol.iterator] === mapEntries) return new CollectionSteps(value, 2);
  } else if (value instanceof Set) {
    if (value[Symbol.iterator] === setValues) return new CollectionSteps(value, 0);
  } else if (ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.iterator] === typedArrayValues) {
    return new ArraySteps(value as Uint8Array, 0);
  }
  return null;
}

export function nativeIterator(value: unknown): Iterator<unknown> {
  const make = (value as Iterable<unknown> | undefined)?.[Symbol.iterator];
  if (typeof make !== "function") throw new TypeError(`${describe(value)} is not iterable`);
  const iterator: unknown = make.call(value as Iterable<unknown>);
  if (!isObject(iterator)) throw new TypeError("Result of the Symbol.iterator method is not an object");
  return iterator as Iterator<unknown>;
}

/** The next item for an array pattern; undefined when there is none. */
export function nextItem(steps: StepIterator): unknown {
  return steps.$$step() ? steps.$$value : undefined;
}

/** All that is left, for `...rest` in an array pattern. */
export function restItems(steps: StepIterator): unknown[] {
  const items: unknown[] = [];
  while (steps.$$step()) items.push(steps.$$value);
  return items;
}

function describe(value: unknown): string {
  return isObject(value) ? "object" : String(value);
}

const KINDS: Readonly<Record<string, IterationKind>> = { values: 0, keys: 1, entries: 2 };

/** Steps over a built-in collection by one of its own methods; null for anything else. */
function builtInSteps(target: unknown, name: "entries" | "keys" | "values"): StepIterator | null {
  const kind = KINDS[name]!;
  const isBuiltIn = (prototype: object) => (target as never)[name] === prototype[name as never];
  if (Array.isArray(target) && isBuiltIn(Array.prototype)) return new ArraySteps(target, kind);
  if (target instanceof Map && isBuiltIn(Map.prototype)) return new CollectionSteps(target, kind);
  if (target instanceof Set && isBuiltIn(Set.prototype)) return new CollectionSteps(target, kind);
  return null;
}

/** The iterator of `for (x of value.entries())`, keys() or values(). */
export function iterateMethod(value: never, name: "entries" | "keys" | "values"): StepIterator {
  return builtInSteps(value, name) ?? iterate((value as Record<string, () => unknown>)[name]!());
}

/** A built-in collection as an iterator that can be saved. */
export class SavedIterator implements Iterator<unknown> {
  steps: StepIterator;
  constructor(steps: StepIterator) {
    this.steps = steps;
  }
  next(): IteratorResult<unknown> {
    const more = this.steps.$$step();
    return more ? { value: this.steps.$$value, done: false } : { value: undefined, done: true };
  }
}

// With the methods of every iterator: map, filter, take and so on.
Object.setPrototypeOf(SavedIterator.prototype, Iterator.prototype);

/** `value.values()` and its kin where the iterator is kept. */
export function heldIterator(value: never, name: "entries" | "keys" | "values" | "Symbol.iterator"): unknown {
  if (name !== "Symbol.iterator") {
    const steps = builtInSteps(value, name);
    return steps ? new SavedIterator(steps) : (value as Record<string, () => unknown>)[name]!();
  }
  const steps = builtInIteration(value);
  return steps ? new SavedIterator(steps) : (value as Iterable<unknown>)[Symbol.iterator]();
}

export const keysIn = (value: unknown): StepIterator => new KeySteps(value);
