/** How instances of classes of compiled modules are written. */
import { CannotCarryError, type NodeDescription, serializableClasses } from "../../wire/graph/index.ts";
import {
  type ClassDescription,
  classDescription,
  closureTag,
  moduleFunctionId,
} from "../runtime/registry.ts";
import { Kind } from "./kinds.ts";
import { type WrittenProperties, writeProperties } from "./properties.ts";

const NOT_COMPILED = Symbol("an instance of a class of other code");

/** Instances of classes that the codec cannot make by itself; undefined for everything it can. */
export function describeInstance(value: object): NodeDescription | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return undefined;
  const Class: unknown = Object.hasOwn(prototype, "constructor") ? prototype.constructor : undefined;
  if (typeof Class !== "function" || Class.prototype !== prototype) return undefined;
  const known = classDescription(Class);
  const registered = serializableClasses.ofPrototype(prototype);
  // Given a state of its own by the user, or extending Map, Error and the like: that is the codec's.
  const isCodecs = registered && (registered.name !== known?.id || registered.base !== Object);
  if (isCodecs) return undefined;
  const described = known
    ? instanceOfModuleClass(value, known)
    : closureTag(Class) || moduleFunctionId(Class) !== undefined
      ? instanceOfLocalClass(value, Class)
      : NOT_COMPILED;
  // The codec would carry an error as the nearest class it knows, and its class and private fields would be lost.
  if (!described && !registered && value instanceof Error) refuseError(Class);
  return described === NOT_COMPILED ? undefined : described;
}

function instanceOfLocalClass(value: object, Class: object): NodeDescription | undefined {
  for (let one: unknown = Class; one !== Function.prototype; one = Object.getPrototypeOf(one)) {
    const closure = closureTag(one as object)?.description;
    const known = classDescription(one as object);
    if (closure?.hasPrivates || known?.privates) refusePrivates(closure?.id ?? known!.id);
    if (closure || known || moduleFunctionId(one as object) !== undefined) continue;
    if (!isErrorClass(one)) return undefined;
    const { head, children, labels } = writeError(value as Error);
    return { kind: Kind.LOCAL_ERROR, head, children: [Class, ...children], labels: [" (class)", ...labels] };
  }
  const { head, children, labels } = writeProperties(value);
  return { kind: Kind.INSTANCE_OF, head, children: [Class, ...children], labels: [" (class)", ...labels] };
}

const isErrorClass = (Class: unknown): boolean =>
  Class === Error ||
  (Object.getPrototypeOf(Class) === Error &&
    Reflect.get(globalThis, (Class as { name: string }).name) === Class);

/** The stack of an error is an accessor of the engine's, and saved as the text it gives, before the properties. */
function writeError(value: Error): WrittenProperties {
  const own = writeProperties(
    value,
    Reflect.ownKeys(value).filter((key) => key !== "stack"),
  );
  return {
    head: own.head,
    children: [String(value.stack), ...own.children],
    labels: [".stack", ...own.labels],
  };
}

function instanceOfModuleClass(value: object, known: ClassDescription): NodeDescription | undefined {
  const ancestor = ancestorOfModuleClasses(known);
  if (ancestor !== null && !isErrorClass(ancestor)) return undefined;
  const own = ancestor === null ? writeProperties(value) : writeError(value as Error);
  const privates = privateChain(known);
  const names = privates.flatMap(({ id, fields }) => fields.names.map((name) => `${id}.${name}`));
  return {
    kind: ancestor === null ? Kind.INSTANCE : Kind.ERROR_INSTANCE,
    head: [known.id, names.length, ...names, ...own.head],
    children: [...privates.flatMap(({ fields }) => fields.get(value)), ...own.children],
    labels: [...privates.flatMap(({ fields }) => fields.names.map((name) => `.${name}`)), ...own.labels],
  };
}

/** A class whose ancestors hide nothing from us: all of them are compiled. */
export const extendsOnlyModuleClasses = (known: ClassDescription): boolean =>
  ancestorOfModuleClasses(known) === null;

/** The first ancestor that is no class at the top level of a compiled module; null when there is none. */
function ancestorOfModuleClasses(known: ClassDescription): object | null {
  let ancestor: unknown = Object.getPrototypeOf(known.Class);
  while (typeof ancestor === "function" && ancestor !== Function.prototype) {
    if (!classDescription(ancestor)) return ancestor;
    ancestor = Object.getPrototypeOf(ancestor);
  }
  return null;
}

/** The classes of an instance that have private members, its own first. */
export function privateChain(known: ClassDescription) {
  const chain: { id: string; fields: NonNullable<ClassDescription["privates"]> }[] = [];
  let ancestor: unknown = known.Class;
  while (typeof ancestor === "function") {
    const description = classDescription(ancestor);
    if (description?.privates) chain.push({ id: description.id, fields: description.privates });
    ancestor = Object.getPrototypeOf(ancestor);
  }
  return chain;
}

function refusePrivates(id: string): never {
  throw new CannotCarryError({
    what: `an instance of a class inside a function or loop with private members, its own or of ${id}`,
    hint: "Move the class to the top level of its module",
  });
}

function refuseError(Class: { name: string }): never {
  throw new CannotCarryError({
    what: `an instance of ${Class.name}, which extends an error class that is not compiled`,
    hint: "Say with dispatch.serializable how its instances are carried, or name the package for the compiler",
  });
}
