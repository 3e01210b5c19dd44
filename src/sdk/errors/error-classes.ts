/** Error classes by the name under which they travel. */
import { AnyException, ConfigurationError, DispatchError, dispatchErrorClasses } from "./dispatch-error.ts";

// biome-ignore lint/suspicious/noExplicitAny: a class is known by its instances, whatever its constructor takes
export type ErrorClass = abstract new (...args: any[]) => Error;

const byName = new Map<string, ErrorClass>();
const registered = new Set<object>();

/** From now on errors of the class keep it when they travel. A second class of the same name takes the name over. */
export function registerErrorClass(type: ErrorClass): void {
  byName.set(nameOfClass(type.prototype), type);
  registered.add(type.prototype);
}

export function findErrorClass(name: string): ErrorClass | undefined {
  return byName.get(name);
}

/** True for an instance of a class that was registered itself, not only one of its ancestors. */
export function isRegistered(error: Error): boolean {
  return registered.has(Object.getPrototypeOf(error));
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
  const name = Object.getOwnPropertyDescriptor(prototype, "name")?.value ?? prototype.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "Error";
}

for (const Class of [...dispatchErrorClasses.values(), DispatchError, ConfigurationError, AnyException]) {
  registerErrorClass(Class);
}

for (const Class of [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
]) {
  byName.set(Class.name, Class);
}
