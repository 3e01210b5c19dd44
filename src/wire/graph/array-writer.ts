import {
  ALL_ATTRIBUTES,
  ENUMERABLE,
  KIND_ARRAY,
  KIND_ARRAY_WITH_PROPERTIES,
  KIND_SPARSE_ARRAY,
  TAG_HOLE,
  USUAL_ATTRIBUTES,
  WRITABLE,
} from "./format.ts";
import type { NodeWriter } from "./node-writer.ts";

/**
 * Up to this length every element is looked at for accessors and attributes. In longer extensible arrays, which
 * nobody defines accessors on, that would cost ten times as much as writing them.
 */
const EXAMINED_LENGTH_MAX = 64;

/** As its elements in order; elements, then the other properties; or, mostly holes, as properties alone. */
export function writeArray(writer: NodeWriter, array: unknown[], level: number): boolean {
  if (!Array.isArray(array)) return false;
  const { length } = array;
  if (length > EXAMINED_LENGTH_MAX && level === 0 && isDense(array)) {
    writeElements(writer, array, KIND_ARRAY);
    return true;
  }
  const keys = Reflect.ownKeys(array);
  // Elements come first, in their order, then `length`, then the rest.
  const elementCount = keys.indexOf("length");
  if (elementCount * 2 < length || !hasUsualElements(array, keys, elementCount, level)) {
    writer.out.byte(KIND_SPARSE_ARRAY);
    writer.out.varint(length);
    writer.properties(array, keys.toSpliced(elementCount, 1), level);
  } else if (keys.length === elementCount + 1) {
    writeElements(writer, array, KIND_ARRAY);
  } else {
    writeElements(writer, array, KIND_ARRAY_WITH_PROPERTIES);
    writer.properties(array, keys.slice(elementCount + 1), level);
  }
  return true;
}

/** Keys of elements come first: when there are as many keys as elements and the last is one, all are. */
function isDense(array: unknown[]): boolean {
  const keys = Object.keys(array);
  const last = array.length - 1;
  return keys.length === array.length && keys[last] === String(last) && !hasSymbols(array);
}

function hasSymbols(array: unknown[]): boolean {
  return Object.getOwnPropertySymbols(array).length > 0;
}

function hasUsualElements(
  array: unknown[],
  keys: readonly (string | symbol)[],
  elementCount: number,
  level: number,
): boolean {
  const usual = USUAL_ATTRIBUTES[level] as number;
  for (let index = 0; index < elementCount; index++) {
    const element = Object.getOwnPropertyDescriptor(array, keys[index] as string) as PropertyDescriptor;
    if (element.get !== undefined || element.set !== undefined) return false;
    if (!!element.writable !== (usual & WRITABLE) > 0 || !!element.enumerable !== (usual & ENUMERABLE) > 0) {
      return false;
    }
    if (!!element.configurable !== (usual === ALL_ATTRIBUTES)) return false;
  }
  return true;
}

function writeElements(writer: NodeWriter, array: unknown[], kind: number): void {
  writer.out.byte(kind);
  writer.out.varint(array.length);
  for (let index = 0; index < array.length; index++) {
    const element = array[index];
    if (element === undefined && !Object.hasOwn(array, index)) writer.out.byte(TAG_HOLE);
    else writer.child(array, element, index);
  }
}
