/** Classes whose instances may travel: what makes an instance out of bytes is decided here, never by the bytes. */
import { privateMemberOf } from "./private-members.ts";

// biome-ignore lint/suspicious/noExplicitAny: a constructor of any signature; it is never called from here
export type AnyClass<T = unknown> = abstract new (...args: any[]) => T;

export interface SerializableOptions<T, State = unknown> {
  /** How bytes call the class; unique among the registered ones, and stable. Default: the name of the class. */
  readonly name?: string;
  /**
   * What to carry of an instance, any value that can be carried itself. Must not reach the instance. Needed, with
   * `fromState`, for classes with private members. Default: its own fields.
   */
  readonly toState?: (instance: T) => State;
  /** An instance from what `toState` gave. State from outside is checked here. */
  readonly fromState?: (state: State) => T;
}

export interface RegisteredClass {
  readonly name: string;
  readonly Class: AnyClass;
  /** The built-in class it extends, `Object` when none. */
  readonly base: AnyClass;
  readonly codec: StateCodec | undefined;
}

export interface StateCodec {
  readonly toState: (instance: unknown) => unknown;
  readonly fromState: (state: unknown) => unknown;
}

export class ClassRegistry {
  readonly #byPrototype = new Map<object, RegisteredClass>();
  readonly #byName = new Map<string, RegisteredClass>();

  /**
   * Makes instances of exactly this class (not of its subclasses) carry.
   *
   * The same class text may be registered again, as a reloaded module does; bytes then become the newer class.
   *
   * @throws {TypeError} when the class has private members, or extends a class of the platform that hides its state,
   *   and no `toState` and `fromState` are given; when only one of them is; when another class has the name
   */
  register<T, State>(Class: AnyClass<T>, options: SerializableOptions<T, State> = {}): void {
    const name = options.name ?? Class.name;
    const { toState, fromState } = options;
    if (name === "") throw new TypeError("a class without a name needs the option name to be serializable");
    if ((toState === undefined) !== (fromState === undefined)) {
      throw new TypeError(`${name}: toState and fromState belong together`);
    }
    const known = this.#byName.get(name);
    if (known !== undefined && known.Class !== Class && String(known.Class) !== String(Class)) {
      throw new TypeError(`another class is serializable as ${name}: give one of them the option name`);
    }
    const codec = toState && fromState ? ({ toState, fromState } as unknown as StateCodec) : undefined;
    const entry = { name, Class, base: codec === undefined ? baseOf(Class, name) : Object, codec };
    this.#byName.set(name, entry);
    this.#byPrototype.set(Class.prototype as object, entry);
  }

  /** The class of which `prototype` is the prototype. */
  ofPrototype(prototype: object): RegisteredClass | undefined {
    return this.#byPrototype.get(prototype);
  }

  ofName(name: string): RegisteredClass | undefined {
    return this.#byName.get(name);
  }
}

/** The classes of this process that are serializable. */
export const serializableClasses: ClassRegistry = new ClassRegistry();

/**
 * Lets instances of a class be arguments, results and variables held across an await.
 *
 * @example registerSerializable(Money) // its own fields travel
 * @example registerSerializable(Account, { toState: (a) => a.balance(), fromState: (balance) => new Account(balance) })
 * @throws {TypeError} see {@link ClassRegistry.register}
 */
export function registerSerializable<T, State>(
  Class: AnyClass<T>,
  options: SerializableOptions<T, State> = {},
): void {
  serializableClasses.register(Class, options);
}

/** Built-in classes whose hidden state the codec carries. */
const CARRIED_BASES = new Set<unknown>([
  Object,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
]);

function baseOf(Class: AnyClass, name: string): AnyClass {
  for (let ancestor: unknown = Class; ; ) {
    if (CARRIED_BASES.has(ancestor)) return ancestor as AnyClass;
    const source = Function.prototype.toString.call(ancestor);
    if (/\{\s*\[native code\]\s*\}$/.test(source)) {
      throw new TypeError(
        `${name} extends ${(ancestor as AnyClass).name}: give toState and fromState to make it serializable`,
      );
    }
    const hidden = privateMemberOf(source);
    if (hidden !== undefined) {
      throw new TypeError(
        `${name} has the private member ${hidden}: give toState and fromState to make it serializable`,
      );
    }
    const parent = Object.getPrototypeOf((ancestor as AnyClass).prototype) as object | null;
    if (parent === null || parent === Object.prototype) return Object;
    ancestor = parent.constructor;
  }
}
