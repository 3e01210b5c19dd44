/** What objects of the codec's own kinds hold. */
import { malformed } from "./byte-reader.ts";
import {
  ACCESSOR,
  CONFIGURABLE,
  ENUMERABLE,
  FROZEN,
  KIND_ARGUMENTS,
  KIND_ARRAY,
  KIND_ARRAY_WITH_PROPERTIES,
  KIND_MAP,
  KIND_NULL_PROTOTYPE,
  KIND_OBJECT,
  KIND_REGEXP,
  KIND_SET,
  KIND_SPARSE_ARRAY,
  SEALED,
  WRITABLE,
} from "./format.ts";
import { AttributedKey, type GraphNode } from "./graph-node.ts";
import type { GraphMaker } from "./make.ts";
import { HOLE } from "./value-reader.ts";

export function fillBuiltin(maker: GraphMaker, node: GraphNode): void {
  const value = node.value as object;
  if (node.kind !== KIND_OBJECT && node.kind !== KIND_NULL_PROTOTYPE) fillElements(maker, node, value);
  if (node.propertyCount > 0) fillProperties(maker, node, value as Record<PropertyKey, unknown>);
}

function fillElements(maker: GraphMaker, node: GraphNode, value: object): void {
  const { slots } = maker;
  const { start } = node;
  const end = start + node.count;
  switch (node.kind) {
    case KIND_ARRAY:
    case KIND_ARRAY_WITH_PROPERTIES:
      fillArray(maker, value as unknown[], start, node.count);
      break;
    case KIND_ARGUMENTS:
      for (let index = 0; index < node.count; index++) {
        (value as unknown[])[index] = maker.valueOf(slots[start + index]);
      }
      break;
    case KIND_SPARSE_ARRAY:
      (value as unknown[]).length = node.head as number;
      break;
    case KIND_MAP:
      for (let index = start; index < end; index += 2) {
        Map.prototype.set.call(value, maker.valueOf(slots[index]), maker.valueOf(slots[index + 1]));
      }
      break;
    case KIND_SET:
      for (let index = start; index < end; index++)
        Set.prototype.add.call(value, maker.valueOf(slots[index]));
      break;
    case KIND_REGEXP:
      (value as { lastIndex: unknown }).lastIndex = maker.valueOf(slots[start]);
      break;
  }
}

/** Pushes as long as there are no holes: an array that grows this way stays of the engine's fastest kind. */
function fillArray(maker: GraphMaker, array: unknown[], start: number, length: number): void {
  const { slots } = maker;
  for (let index = 0; index < length; index++) {
    const slot = slots[start + index];
    if (slot === HOLE) array.length = index + 1;
    else array[index] = maker.valueOf(slot);
  }
}

function fillProperties(maker: GraphMaker, node: GraphNode, value: Record<PropertyKey, unknown>): void {
  const { slots } = maker;
  const end = node.propertiesStart + node.propertyCount * 2;
  // Setting would call setters that the prototype of a class has, or be taken for an index of a view.
  const mayBeSet =
    node.ofClass === undefined &&
    (node.kind === KIND_OBJECT ||
      node.kind === KIND_ARRAY_WITH_PROPERTIES ||
      node.kind === KIND_SPARSE_ARRAY);
  for (let index = node.propertiesStart; index < end; index += 2) {
    const key = slots[index] as string | symbol | AttributedKey;
    const property = maker.valueOf(slots[index + 1]);
    if (key instanceof AttributedKey) {
      if ((key.attributes & ACCESSOR) === 0) define(value, key.key, property, key.attributes);
      else {
        index += 2;
        defineAccessor(value, key, property, maker.valueOf(slots[index + 1]));
      }
    } else if (mayBeSet && key !== "__proto__") {
      value[key] = property;
    } else {
      define(value, key, property, WRITABLE | ENUMERABLE | CONFIGURABLE);
    }
  }
}

function define(holder: object, key: PropertyKey, value: unknown, attributes: number): void {
  Object.defineProperty(holder, key, {
    value,
    writable: (attributes & WRITABLE) !== 0,
    enumerable: (attributes & ENUMERABLE) !== 0,
    configurable: (attributes & CONFIGURABLE) !== 0,
  });
}

function defineAccessor(
  holder: object,
  { key, attributes }: AttributedKey,
  get: unknown,
  set: unknown,
): void {
  Object.defineProperty(holder, key, {
    get: accessor(get),
    set: accessor(set),
    enumerable: (attributes & ENUMERABLE) !== 0,
    configurable: (attributes & CONFIGURABLE) !== 0,
  });
}

function accessor(value: unknown): never {
  if (value !== undefined && typeof value !== "function") throw malformed("an accessor that is no function");
  return value as never;
}

/** Last of all, since a frozen object can no longer be filled. */
export function closeTo(level: number, value: object): void {
  if (level === FROZEN) Object.freeze(value);
  else if (level === SEALED) Object.seal(value);
  else Object.preventExtensions(value);
}
