/** Error classes by the name under which they travel. */
import { registerSerializable, serializableClasses } from "../../wire/graph/index.ts";
import {
  AnyException,
  CancelledError,
  ConfigurationError,
  DispatchError,
  dispatchErrorClasses,
} from "./dispatch-error.ts";

// biome-ignore lint/suspicious/noExplicitAny: a class is known by its instances, whatever its constructor takes
export type ErrorClass = abstract new (...args: any[]) => Error;

const byName = new Map<string, ErrorClass>();
const registered = new Set<object>();

/**
 * From now on errors of the class keep it when they travel, as the failure of a call and as a value. A second class of
 * the same name takes the name over.
 *
 * @param graphName what the class is called inside of values. Default: its own name.
 */
export function registerErrorClass(type: ErrorClass, graphName = nameOfClass(type.prototype)): void {
  byName.set(nameOfClass(type.prototype), type);
  registered.add(type.prototype);
  if (serializableClasses.ofPrototype(type.prototype) !== undefined) return;
  try {
    registerSerializable(type, { name: graphName });
  } catch {
    // A class with private members: as a failure it travels without them, as a value it is refused by name.
  }
}

export function findErrorClass(name: string): ErrorClass | undefined {
  const Class = byName.get(name) ?? serializableClasses.ofName(name)?.Class;
  return Class?.prototype instanceof Error ? (Class as ErrorClass) : builtIns.get(name);
}

/** True for an instance of a class that was registered itself, not only one of its ancestors. */
export function isRegistered(error: Error): boolean {
  const prototype = Object.getPrototypeOf(error);
  return registered.has(prototype) || serializableClasses.ofPrototype(prototype) !== undefined;
}

/** True for an instance of a class that says itself what is carried of it. */
export function hasOwnCodec(error: Error): boolean {
  return serializableClasses.ofPrototype(Object.getPrototypeOf(error))?.codec !== undefined;
}

/** What `sdk.v1.Error.type` says: the error's own `name` where it has one, else the name of its class. */
export function errorTypeName(error: Error): string {
  if (Object.hasOwn(error, "name") || error instanceof DOMException) return String(error.name) || "Error";
  return nameOfClass(Object.getPrototypeOf(error));
}

/** The names of the classes of an error, its own first, `Error` last. */
export function errorLineage(error: Error): string[] {
  const names: string[] = [];
  let prototype = Object.getPrototypeOf(error);
  for (; prototype !== null && prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype)) {
    names.push(nameOfClass(prototype));
  }
  return names;
}

/** A `name` on the prototype counts, for it stays when a minifier renames the class. */
function nameOfClass(prototype: object): string {
  const name =
    Object.getOwnPropertyDescriptor(prototype, "name")?.value ??
    serializableClasses.ofPrototype(prototype)?.name ??
    prototype.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "Error";
}

const builtIns: ReadonlyMap<string, ErrorClass> = new Map(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError].map(
    (Class) => [Class.name, Class],
  ),
);

for (const Class of [
  ...dispatchErrorClasses.values(),
  DispatchError,
  CancelledError,
  ConfigurationError,
  AnyException,
]) {
  // Programs have a TimeoutError of their own: inside of values these keep out of its way.
  registerErrorClass(Class, `dispatch.${Class.prototype.name}`);
}
