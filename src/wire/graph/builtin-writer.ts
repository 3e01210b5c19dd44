/**
 * Bodies of objects of built-in classes, and of registered classes that extend one. An object counts as what its
 * internals are, not its prototype alone: `Object.create(Map.prototype)` is no Map.
 */
import { types } from "node:util";
import { writeArray } from "./array-writer.ts";
import {
  ERROR_CLASSES,
  KIND_ARGUMENTS,
  KIND_ARRAY_BUFFER,
  KIND_BOXED,
  KIND_DATE,
  KIND_DOM_EXCEPTION,
  KIND_ERROR,
  KIND_MAP,
  KIND_REGEXP,
  KIND_SET,
  KIND_URL,
  KIND_URL_SEARCH_PARAMS,
  KIND_VIEW,
  TAG_UNDEFINED,
  VIEW_CLASSES,
} from "./format.ts";
import type { NodeWriter } from "./node-writer.ts";
import { type View, viewClassOf } from "./regions.ts";

/** Writes a body, or refuses the node by returning false. */
type BodyWriter = (writer: NodeWriter, node: never, level: number) => boolean;

/** @returns false, having written nothing, when `node` is no object of the class with this prototype */
export function writeBuiltin(writer: NodeWriter, node: object, prototype: object, level: number): boolean {
  const write = WRITERS.get(prototype);
  if (write !== undefined) return write(writer, node as never, level);
  if (writer.options.errorsAsBase && types.isNativeError(node)) return writeError(writer, node, level);
  return false;
}

function writeMap(writer: NodeWriter, map: Map<unknown, unknown>, level: number): boolean {
  if (!types.isMap(map)) return false;
  writer.out.byte(KIND_MAP);
  writer.out.varint(Reflect.get(Map.prototype, "size", map) as number);
  let index = 0;
  // Not its own forEach or iterator, which a subclass may have changed.
  Map.prototype.forEach.call(map, (value, key) => {
    writer.child(map, key, index);
    writer.child(map, value, index++);
  });
  writer.properties(map, Reflect.ownKeys(map), level);
  return true;
}

function writeSet(writer: NodeWriter, set: Set<unknown>, level: number): boolean {
  if (!types.isSet(set)) return false;
  writer.out.byte(KIND_SET);
  writer.out.varint(Reflect.get(Set.prototype, "size", set) as number);
  let index = 0;
  Set.prototype.forEach.call(set, (value) => writer.child(set, value, index++));
  writer.properties(set, Reflect.ownKeys(set), level);
  return true;
}

function writeDate(writer: NodeWriter, date: Date, level: number): boolean {
  if (!types.isDate(date)) return false;
  writer.out.byte(KIND_DATE);
  writer.number(Date.prototype.getTime.call(date));
  writer.properties(date, Reflect.ownKeys(date), level);
  return true;
}

function writeRegExp(writer: NodeWriter, regExp: RegExp, level: number): boolean {
  if (!types.isRegExp(regExp)) return false;
  writer.out.byte(KIND_REGEXP);
  writer.string(Reflect.get(RegExp.prototype, "source", regExp) as string);
  writer.string(Reflect.get(RegExp.prototype, "flags", regExp) as string);
  writer.child(regExp, regExp.lastIndex, "lastIndex");
  writer.properties(
    regExp,
    Reflect.ownKeys(regExp).filter((key) => key !== "lastIndex"),
    level,
  );
  return true;
}

function writeError(writer: NodeWriter, error: Error, level: number): boolean {
  if (!types.isNativeError(error)) return false;
  const Base = ERROR_CLASSES.findLastIndex((each) => error instanceof each);
  const shownName = writer.options.errorsAsBase ? nameLostIn(writer, error, Base) : undefined;
  writer.out.byte(KIND_ERROR);
  writer.out.byte(Base);
  // `stack` is an accessor of the engine that looks like an own property.
  const stack: unknown = error.stack;
  if (typeof stack === "string") writer.string(stack);
  else writer.out.byte(TAG_UNDEFINED);
  if (shownName === undefined) writer.out.byte(TAG_UNDEFINED);
  else writer.string(shownName);
  writer.properties(
    error,
    Reflect.ownKeys(error).filter((key) => key !== "stack"),
    level,
  );
  return true;
}

/** What an error of a class that stays behind called itself, when the built-in class will not say so. */
function nameLostIn(writer: NodeWriter, error: Error, base: number): string | undefined {
  const prototype = Object.getPrototypeOf(error) as object;
  if (prototype === ERROR_CLASSES[base]?.prototype || writer.options.classes.ofPrototype(prototype)) return;
  if (Object.hasOwn(error, "name")) return undefined;
  const { name } = error;
  return name === ERROR_CLASSES[base]?.name ? String(prototype.constructor.name) : String(name);
}

function writeDomException(writer: NodeWriter, exception: DOMException, level: number): boolean {
  writer.out.byte(KIND_DOM_EXCEPTION);
  writer.string(exception.name);
  writer.string(exception.message);
  if (typeof exception.stack === "string") writer.string(exception.stack);
  else writer.out.byte(TAG_UNDEFINED);
  writer.properties(
    exception,
    Reflect.ownKeys(exception).filter((key) => key !== "stack"),
    level,
  );
  return true;
}

function writeBoxed(writer: NodeWriter, boxed: object, level: number): boolean {
  if (!types.isBoxedPrimitive(boxed)) return false;
  const primitive: unknown = boxed.valueOf();
  writer.out.byte(KIND_BOXED);
  writer.child(boxed, primitive, "valueOf");
  const isString = typeof primitive === "string";
  const keys = Reflect.ownKeys(boxed);
  // The characters and the length of a String come back by themselves.
  writer.properties(boxed, isString ? keys.filter((key) => !isOfString(key, primitive)) : keys, level);
  return true;
}

function isOfString(key: string | symbol, text: string): boolean {
  return (
    key === "length" || (typeof key === "string" && String(Number(key)) === key && Number(key) < text.length)
  );
}

function writeUrl(writer: NodeWriter, url: URL, level: number): boolean {
  if (!isOf(URL, url)) return false;
  writer.out.byte(KIND_URL);
  writer.string(url.href);
  writer.properties(url, Reflect.ownKeys(url), level);
  return true;
}

function writeUrlSearchParams(writer: NodeWriter, params: URLSearchParams, level: number): boolean {
  if (!isOf(URLSearchParams, params)) return false;
  writer.out.byte(KIND_URL_SEARCH_PARAMS);
  writer.string(params.toString());
  writer.properties(params, Reflect.ownKeys(params), level);
  return true;
}

/** Whether an object has the internals of the class: its `toString` throws for any other. */
function isOf(Class: typeof URL | typeof URLSearchParams, value: object): boolean {
  try {
    Class.prototype.toString.call(value);
    return true;
  } catch {
    return false;
  }
}

function writeArrayBuffer(writer: NodeWriter, buffer: ArrayBuffer, level: number): boolean {
  if (!types.isArrayBuffer(buffer)) return false;
  if (buffer.resizable) writer.refuse("a resizable ArrayBuffer");
  if (buffer.detached) writer.refuse("a detached ArrayBuffer");
  writer.out.byte(KIND_ARRAY_BUFFER);
  writer.out.varint(buffer.byteLength);
  writer.out.raw(new Uint8Array(buffer));
  writer.properties(buffer, Reflect.ownKeys(buffer), level);
  return true;
}

/** Properties added to a view do not travel: looking for them would cost as much as all its elements. */
function writeView(writer: NodeWriter, view: View): boolean {
  if (!ArrayBuffer.isView(view)) return false;
  const buffer: ArrayBufferLike = view.buffer;
  if (types.isSharedArrayBuffer(buffer)) writer.refuse("a view of a SharedArrayBuffer");
  if (view.buffer.resizable) writer.refuse("a view of a resizable ArrayBuffer");
  if (view.buffer.detached) writer.refuse("a view of a detached ArrayBuffer");
  writer.out.byte(KIND_VIEW);
  writer.out.byte(viewClassOf(Object.getPrototypeOf(view) as object));
  writer.views.push(view);
  return true;
}

function writeArguments(writer: NodeWriter, list: ArrayLike<unknown>): boolean {
  // Its elements and length, callee and iterator: nobody has added anything.
  if (!types.isArgumentsObject(list) || Reflect.ownKeys(list).length !== list.length + 3) return false;
  writer.out.byte(KIND_ARGUMENTS);
  writer.out.varint(list.length);
  for (let index = 0; index < list.length; index++) writer.child(list, list[index], index);
  return true;
}

const WRITERS: ReadonlyMap<object, BodyWriter> = new Map<object, BodyWriter>([
  [Object.prototype, writeArguments],
  [Array.prototype, writeArray],
  [Map.prototype, writeMap],
  [Set.prototype, writeSet],
  [Date.prototype, writeDate],
  [RegExp.prototype, writeRegExp],
  ...ERROR_CLASSES.map((each): [object, BodyWriter] => [each.prototype, writeError]),
  [DOMException.prototype, writeDomException],
  ...[Number, String, Boolean, Symbol, BigInt].map((each): [object, BodyWriter] => [
    each.prototype,
    writeBoxed,
  ]),
  [URL.prototype, writeUrl],
  [URLSearchParams.prototype, writeUrlSearchParams],
  [ArrayBuffer.prototype, writeArrayBuffer],
  ...VIEW_CLASSES.map((each): [object, BodyWriter] => [each.prototype, writeView]),
]);
