/** Own properties of functions and instances, with their attributes: getters and setters, what is not enumerable. */
import type { HeadValue } from "../../wire/graph/index.ts";
import { corrupt } from "./refusal.ts";

/** Properties as part of a node: how far the object is closed, then each key, its attributes before it if unusual. */
export interface WrittenProperties {
  readonly head: HeadValue[];
  readonly children: unknown[];
  readonly labels: string[];
}

const WRITABLE = 1;
const ENUMERABLE = 2;
const CONFIGURABLE = 4;
const USUAL = WRITABLE | ENUMERABLE | CONFIGURABLE;
/** Two children: the getter and the setter. */
const ACCESSOR = 8;
/** The key is a symbol, and a child before the value. */
const SYMBOL = 16;

export function writeProperties(
  value: object,
  keys: readonly (string | symbol)[] = Reflect.ownKeys(value),
): WrittenProperties {
  const written: WrittenProperties = { head: [levelOf(value)], children: [], labels: [] };
  const { head, children, labels } = written;
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    const isAccessor = property.get !== undefined || property.set !== undefined;
    const attributes =
      (property.writable ? WRITABLE : 0) |
      (property.enumerable ? ENUMERABLE : 0) |
      (property.configurable ? CONFIGURABLE : 0) |
      (isAccessor ? ACCESSOR : 0) |
      (typeof key === "symbol" ? SYMBOL : 0);
    if (attributes !== USUAL) head.push(attributes);
    const label = typeof key === "symbol" ? `[${String(key)}]` : `.${key}`;
    if (typeof key === "string") head.push(key);
    else {
      children.push(key);
      labels.push(label);
    }
    if (isAccessor) {
      children.push(property.get, property.set);
      labels.push(`${label} (getter)`, `${label} (setter)`);
    } else {
      children.push(property.value);
      labels.push(label);
    }
  }
  return written;
}

/** @returns what closes the object to changes, to be called once everything is filled */
export function readProperties(
  value: object,
  head: readonly HeadValue[],
  children: readonly unknown[],
): (() => void) | undefined {
  let next = 0;
  let attributes = USUAL;
  for (const entry of head.slice(1)) {
    let key: unknown = entry;
    if (typeof entry === "number") {
      attributes = entry;
      if ((attributes & SYMBOL) === 0) continue;
      key = children[next++];
    }
    const property: PropertyDescriptor = {
      enumerable: (attributes & ENUMERABLE) !== 0,
      configurable: (attributes & CONFIGURABLE) !== 0,
    };
    if ((attributes & ACCESSOR) !== 0) {
      property.get = accessor(children[next++]);
      property.set = accessor(children[next++]);
    } else {
      property.value = children[next++];
      property.writable = (attributes & WRITABLE) !== 0;
    }
    if (typeof key !== "string" && typeof key !== "symbol") return corrupt("a property without a name");
    Object.defineProperty(value, key, property);
    attributes = USUAL;
  }
  if (next !== children.length) return corrupt("values without a name");
  const close = CLOSING[head[0] as number];
  return close && (() => close(value));
}

function accessor(value: unknown): never {
  if (value !== undefined && typeof value !== "function") corrupt("an accessor that is no function");
  return value as never;
}

/** How far an object is closed to changes: 1 to new properties, 2 sealed, 3 frozen. */
export function levelOf(value: object): number {
  if (Object.isExtensible(value)) return 0;
  return Object.isFrozen(value) ? 3 : Object.isSealed(value) ? 2 : 1;
}

const CLOSING: readonly (((value: object) => void) | undefined)[] = [
  undefined,
  Object.preventExtensions,
  Object.seal,
  Object.freeze,
];
