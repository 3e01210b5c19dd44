/** Small things that compiled code calls where JavaScript does something implicitly. */

/** An assignment to a constant. */
export function constantError(_name: string): never {
  throw new TypeError("Assignment to constant variable.");
}

/** A variable read before its declaration. */
export function deadZone(name: string): never {
  throw new ReferenceError(`Cannot access '${name}' before initialization`);
}

/** What a box holds for a variable before its declaration. */
export const UNBOUND: symbol = Symbol.for("dispatch.unbound");

/** Reads a variable that may have no value yet. */
export const live = (value: unknown, name: string): unknown => (value === UNBOUND ? deadZone(name) : value);

/** `name = value` where the variable may have no value yet. */
export const assignable = (value: unknown, before: unknown, name: string): unknown =>
  before === UNBOUND ? deadZone(name) : value;

/** What an object becomes as a computed key: a string or symbol, found out once. */
export function propertyKey(value: unknown): PropertyKey {
  if (typeof value === "symbol") return value;
  const [key] = Reflect.ownKeys({ [value as string]: 0 });
  return key!;
}

/** Stands for constants in the places where something is assigned. */
export const constants: object = new Proxy(
  {},
  { set: (_, name) => constantError(String(name)), get: () => undefined },
);

/** `super[key]` in code that moved out of its method. */
export function superGet(home: object, key: PropertyKey, self: unknown): unknown {
  return Reflect.get(Object.getPrototypeOf(home), key, self);
}

/** What `super[key]` is assigned by in such code: `superTarget(home, key, this).value = 1`. */
export function superTarget(home: object, key: PropertyKey, self: unknown): { value: unknown } {
  return {
    get value() {
      return superGet(home, key, self);
    },
    set value(value) {
      const isSet = Reflect.set(Object.getPrototypeOf(home), key, value, self);
      if (!isSet) throw new TypeError(`Cannot assign to read only property '${String(key)}' of object`);
    },
  };
}

/** `(self?.method)(...args)` with the method looked up already. */
export function callMethod(method: unknown, self: unknown, ...args: unknown[]): unknown {
  if (typeof method !== "function") throw new TypeError("the callee of an optional chain is not a function");
  return Reflect.apply(method, self, args);
}

/** The check at the start of `{ ... } = value`. */
export function checkDestructurable(value: unknown): void {
  if (value == null) throw new TypeError(`Cannot destructure '${value}' as it is ${value}.`);
}

/** `{ a, ...rest } = value`: the rest, less the keys taken. */
export function restOf(value: object, keys: readonly unknown[]): object {
  const taken = new Set(keys.map((key) => (typeof key === "symbol" ? key : String(key))));
  const rest: Record<PropertyKey, unknown> = {};
  for (const key of Reflect.ownKeys(value)) {
    if (taken.has(key) || !Object.prototype.propertyIsEnumerable.call(value, key)) continue;
    rest[key] = value[key as never];
  }
  return rest;
}

type Accessor = [name: string, kind: "get" | "set", fn: (...args: unknown[]) => unknown];

/** Puts accessors on an object literal, where placeholders kept their places. */
export function accessors(target: object, list: readonly Accessor[]): object {
  for (const [name, kind, fn] of list) {
    const descriptor: PropertyDescriptor = { enumerable: true, configurable: true };
    const before = Object.getOwnPropertyDescriptor(target, name);
    if (before?.get) descriptor.get = before.get;
    if (before?.set) descriptor.set = before.set;
    descriptor[kind] = fn as never;
    Object.defineProperty(target, name, descriptor);
  }
  return target;
}

let restoring = false;

/** Constructors of compiled classes do nothing while an instance is restored. */
export const isRestoring = (): boolean => restoring;

export function whileRestoring<T>(construct: () => T): T {
  restoring = true;
  try {
    return construct();
  } finally {
    restoring = false;
  }
}
