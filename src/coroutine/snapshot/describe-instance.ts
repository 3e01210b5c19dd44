/** How instances of classes of compiled modules are written. */
import { CannotCarryError, type NodeDescription, serializableClasses } from "../../wire/graph/index.ts";
import {
  type ClassDescription,
  classDescription,
  closureTag,
  moduleFunctionId,
} from "../runtime/registry.ts";
import { Kind } from "./kinds.ts";
import { writeProperties } from "./properties.ts";

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
  if (known) return extendsOnlyModuleClasses(known) ? instanceOfModuleClass(value, known) : undefined;
  return closureTag(Class) || moduleFunctionId(Class) !== undefined
    ? instanceOfLocalClass(value, Class)
    : undefined;
}

function instanceOfLocalClass(value: object, Class: object): NodeDescription | undefined {
  for (let one: unknown = Class; one !== Function.prototype; one = Object.getPrototypeOf(one)) {
    const closure = closureTag(one as object)?.description;
    const known = classDescription(one as object);
    if (closure?.hasPrivates || known?.privates) refusePrivates(closure?.id ?? known!.id);
    if (closure || known || moduleFunctionId(one as object) !== undefined) continue;
    return isErrorClass(one) ? localError(value as Error, Class) : undefined;
  }
  const { head, children, labels } = writeProperties(value);
  return { kind: Kind.INSTANCE_OF, head, children: [Class, ...children], labels: [" (class)", ...labels] };
}

const isErrorClass = (Class: unknown): boolean =>
  Class === Error ||
  (Object.getPrototypeOf(Class) === Error &&
    Reflect.get(globalThis, (Class as { name: string }).name) === Class);

/** An error of a class inside a function. Its stack is an accessor of the engine's, and saved as the text it gives. */
function localError(value: Error, Class: object): NodeDescription {
  const { head, children, labels } = writeProperties(
    value,
    Reflect.ownKeys(value).filter((key) => key !== "stack"),
  );
  return {
    kind: Kind.LOCAL_ERROR,
    head,
    children: [Class, String(value.stack), ...children],
    labels: [" (class)", ".stack", ...labels],
  };
}

function instanceOfModuleClass(value: object, known: ClassDescription): NodeDescription {
  const own = writeProperties(value);
  const privates = privateChain(known);
  const names = privates.flatMap(({ id, fields }) => fields.names.map((name) => `${id}.${name}`));
  return {
    kind: Kind.INSTANCE,
    head: [known.id, names.length, ...names, ...own.head],
    children: [...privates.flatMap(({ fields }) => fields.get(value)), ...own.children],
    labels: [...privates.flatMap(({ fields }) => fields.names.map((name) => `.${name}`)), ...own.labels],
  };
}

/** A class whose ancestors hide nothing from us: all of them are compiled. */
export function extendsOnlyModuleClasses(known: ClassDescription): boolean {
  let ancestor: unknown = Object.getPrototypeOf(known.Class);
  while (typeof ancestor === "function" && ancestor !== Function.prototype) {
    if (!classDescription(ancestor)) return false;
    ancestor = Object.getPrototypeOf(ancestor);
  }
  return true;
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
    what: `an instance of a class inside a function with private members, its own or of ${id}`,
    hint: "Move the class to the top level of its module",
  });
}
