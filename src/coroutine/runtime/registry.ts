/** What the runtime knows of compiled modules: their functions, closures, classes and bindings, by name. */
import type { Mode } from "./owner.ts";

/** A compiled async function or generator. */
export interface FrameDescription {
  /** `module#path/of/names`. */
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly file: string;
  /** Variables a frame holds before it has run. */
  readonly entry: readonly string[];
  /** For each point of suspension: `line:column`, then the variables that are saved. */
  readonly points: Readonly<Record<number, readonly string[]>>;
  /** A generator whose parameters need code to bind them, which runs when it is called. */
  readonly bindsAtCall?: boolean;
  readonly kind: FrameKind;
  readonly step: (frame: never, mode: Mode, value: unknown) => unknown;
  /** Makes the object that holds the variables; null when there are none. */
  readonly locals: (() => Locals) | null;
}

export type FrameKind = "async" | "generator" | "async generator";

/** The variables of a frame that are live while it is suspended. */
export type Locals = Record<string, unknown>;

/** A function expression, arrow or nested class of a compiled module. */
export interface ClosureDescription {
  readonly id: string;
  readonly fingerprint: string;
  /** What it captures, in the words of the source. */
  readonly labels: readonly string[];
  /** Made once, at the top level of its module: it is saved by name. */
  readonly single?: boolean;
  /** Its name in the source, if it is made once and has one. */
  readonly name?: string;
  readonly isClass?: boolean;
  /** A class with private members: its instances cannot be made without running its constructor. */
  readonly hasPrivates?: boolean;
  /** A class with private static fields: what they hold cannot be read. */
  readonly hasPrivateStatics?: boolean;
  make: (...captured: unknown[]) => object;
  instance?: object;
}

/** A class at the top level of a compiled module. */
export interface ClassDescription {
  readonly id: string;
  readonly Class: abstract new (...args: never[]) => object;
  readonly privates: PrivateFields | null;
}

export interface PrivateFields {
  get(instance: object): unknown[];
  set(instance: object, values: readonly unknown[]): void;
  readonly names: readonly string[];
}

export const frames = new Map<string, FrameDescription>();
export const closures = new Map<string, ClosureDescription>();
export const moduleFunctions = new Map<string, object>();
export const classes = new Map<string, ClassDescription>();
export const modules = new Map<string, Readonly<Record<string, () => unknown>>>();

/** On a closure: its description and what it captured. On a function of a module: its id. */
export const TAG: unique symbol = Symbol("dispatch.closure");

const BOUND: unique symbol = Symbol("dispatch.bound");

export interface ClosureTag {
  readonly description: ClosureDescription;
  readonly captured: readonly unknown[];
}

/** Keys under which the runtime keeps notes on functions. */
export const noteKeys: ReadonlySet<string | symbol> = new Set<symbol>([TAG, BOUND]);

const functionIds = new WeakMap<object, string>();
const classDescriptions = new WeakMap<object, ClassDescription>();

export function frame(
  locals: FrameDescription["locals"],
  step: FrameDescription["step"],
  meta: Omit<FrameDescription, "step" | "locals">,
): FrameDescription {
  const description: FrameDescription = { ...meta, step, locals };
  frames.set(meta.id, description);
  return description;
}

export function closureDescriptor(
  description: Omit<ClosureDescription, "make">,
  make: ClosureDescription["make"] | null,
): ClosureDescription {
  const full = description as ClosureDescription;
  // The factory of a closure that uses private names is set from inside its class.
  if (make) full.make = make;
  closures.set(full.id, full);
  return full;
}

export function closure<T extends object>(
  made: T,
  description: ClosureDescription,
  captured: readonly unknown[],
): T {
  (made as { [TAG]?: ClosureTag })[TAG] = { description, captured };
  if (description.single) {
    description.instance = made;
    if (description.name !== undefined) keepName(made, description.name);
  }
  return made;
}

export function closureTag(value: object): ClosureTag | undefined {
  return Object.hasOwn(value, TAG) ? (value as { [TAG]?: ClosureTag })[TAG] : undefined;
}

/** What a class made by a closure consists of before its static code runs; all that differs later was done to it. */
export interface ClassBaseline {
  readonly statics: PropertyDescriptorMap;
  readonly members: PropertyDescriptorMap;
  readonly parent: object;
  readonly prototypeParent: object | null;
}

const baselines = new WeakMap<object, ClassBaseline>();

/** First in the body of every class that is made by a factory. */
export function noteClass(Class: { prototype: object }): void {
  baselines.set(Class, {
    statics: Object.getOwnPropertyDescriptors(Class),
    members: Object.getOwnPropertyDescriptors(Class.prototype),
    parent: Object.getPrototypeOf(Class) as object,
    prototypeParent: Object.getPrototypeOf(Class.prototype) as object | null,
  });
}

export const classBaseline = (Class: object): ClassBaseline | undefined => baselines.get(Class);

export function moduleFunction(description: { id: string; name?: string }, made: object): void {
  moduleFunctions.set(description.id, made);
  functionIds.set(made, description.id);
  keepName(made, description.name ?? nameIn(description.id));
}

export const moduleFunctionId = (value: object): string | undefined => functionIds.get(value);

export function registerClass(
  Class: ClassDescription["Class"],
  id: string,
  _fingerprint: string,
  privates: PrivateFields | null = null,
): void {
  keepName(Class, nameIn(id));
  const description: ClassDescription = { id, Class, privates };
  classes.set(id, description);
  classDescriptions.set(Class, description);
  onClass(description);
}

/** The name in the source; empty where there is none. What stands at no name of the module has its text in its id. */
function nameIn(id: string): string {
  const [name] = id.slice(id.lastIndexOf("#") + 1).split("~") as [string];
  return name === "anonymous" ? "" : name;
}

/**
 * Functions are registered, and errors travel, by names that a minifier shortens. It leaves alone a static member of
 * a class that is called `name`: that is writable, or an accessor.
 */
function keepName(made: object, name: string): void {
  const own = Object.getOwnPropertyDescriptor(made, "name");
  if (name === "" || (own && (own.writable !== false || own.value === name))) return;
  Object.defineProperty(made, "name", { value: name, configurable: true });
}

let onClass: (description: ClassDescription) => void = () => {};

/** Told of every class of a compiled module, those that are registered already included. */
export function watchClasses(watch: (description: ClassDescription) => void): void {
  onClass = watch;
  for (const description of classes.values()) watch(description);
}

export const classDescription = (Class: object): ClassDescription | undefined => classDescriptions.get(Class);

/** On a function bound in compiled code: what a native bound function hides. */
export interface BoundTag {
  readonly target: (...args: unknown[]) => unknown;
  readonly self: unknown;
  readonly args: readonly unknown[];
}

/** `target.bind(self, ...args)`, remembering what it was made of. */
export function bind(target: (...args: never[]) => unknown, self: unknown, ...args: unknown[]): object {
  const bound = Function.prototype.bind.call(target, self, ...(args as never[])) as object;
  Object.defineProperty(bound, BOUND, { value: { target, self, args } });
  return bound;
}

/** `target.bind(...args)` in compiled code, where bind may also be something of the user's own. */
export function bindCall(target: { bind: unknown }, ...args: unknown[]): unknown {
  if (typeof target !== "function" || target.bind !== Function.prototype.bind) {
    return (target.bind as (...args: unknown[]) => unknown)(...args);
  }
  const [self, ...rest] = args;
  return bind(target as () => unknown, self, ...rest);
}

export const boundTag = (value: object): BoundTag | undefined => (value as { [BOUND]?: BoundTag })[BOUND];

export function registerModule(id: string, bindings: Readonly<Record<string, () => unknown>>): void {
  modules.set(id, bindings);
  registrations++;
}

/** Goes up with every module that is loaded, or loaded again. */
export const moduleRegistrations = (): number => registrations;

let registrations = 0;
