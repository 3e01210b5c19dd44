/** How functions, closures and classes are written: by name, or as what they captured. */
import { PrimitiveFunction } from "../../sdk/index.ts";
import { CannotCarryError, type NodeDescription } from "../../wire/graph/index.ts";
import {
  boundTag,
  type ClosureTag,
  classDescription,
  classes,
  closureTag,
  moduleFunctionId,
} from "../runtime/registry.ts";
import { type BindingName, builtInName } from "./bindings.ts";
import { Kind } from "./kinds.ts";
import { levelOf, writeProperties } from "./properties.ts";
import { changedKeys, changedPrototype } from "./prototypes.ts";

/** @throws CannotCarryError for a function of code that is not compiled */
export function describeFunction(value: object, named: BindingName | undefined): NodeDescription {
  const tag = closureTag(value);
  if (tag && (tag.description.single || !named)) return closure(value, tag);
  // What a module adds to its own functions is made again when it loads, as all of its state.
  const id = moduleFunctionId(value);
  if (id !== undefined) return { kind: Kind.FUNCTION, head: [id], children: [] };
  const known = classDescription(value);
  if (known) return { kind: Kind.CLASS, head: [known.id], children: [] };
  if (named) return { kind: Kind.BINDING, head: [named.module, named.name], children: [] };
  const path = builtInName(value);
  if (path !== undefined) return { kind: Kind.BUILT_IN, head: [path], children: [] };
  const bound = boundTag(value);
  if (bound) {
    return {
      kind: Kind.BOUND,
      head: [],
      children: [bound.target, bound.self, ...bound.args],
      labels: [" (bound function)", " (bound this)"],
    };
  }
  if (value instanceof PrimitiveFunction) {
    const options = Object.keys(value.callOptions).length > 0 ? [JSON.stringify(value.callOptions)] : [];
    return {
      kind: Kind.DURABLE_FUNCTION,
      head: [value.registry.name, value.name, ...options],
      children: [],
    };
  }
  return methodOfClass(value) ?? refuse(value);
}

function closure(value: object, { description, captured }: ClosureTag): NodeDescription {
  if (description.single && description.instance === value) {
    return { kind: Kind.FUNCTION, head: [description.id], children: [] };
  }
  if (description.hasPrivateStatics) {
    throw new CannotCarryError({
      what: `the class ${(value as { name: string }).name}, which is inside a function and has private static fields`,
      hint: "Move the class to the top level of its module",
    });
  }
  const keys = changedKeys(value);
  const prototype = changedPrototype(value);
  const labels = description.labels.map((label) => ` captures ${label}`);
  const { id, fingerprint } = description;
  if (keys.length === 0 && prototype.length === 0 && levelOf(value) === 0)
    return { kind: Kind.CLOSURE, head: [id, fingerprint], children: captured, labels };
  const own = writeProperties(value, keys);
  return {
    kind: Kind.CLOSURE,
    head: [id, fingerprint, prototype.length, ...own.head],
    children: [...captured, ...prototype, ...own.children],
    labels: [...labels, ...prototype.map(() => ".prototype"), ...own.labels],
  };
}

function methodOfClass(value: object): NodeDescription | undefined {
  const { name } = value as { name?: string };
  if (!name) return undefined;
  const key = methodKey(name);
  for (const { id, Class } of classes.values()) {
    const isMethod = (holder: object) => Object.getOwnPropertyDescriptor(holder, key)?.value === value;
    if (isMethod(Class.prototype as object)) return { kind: Kind.METHOD, head: [id, 0, name], children: [] };
    if (isMethod(Class)) return { kind: Kind.METHOD, head: [id, 1, name], children: [] };
  }
  return undefined;
}

/** The key of a method by its name: JavaScript calls that of `Symbol.dispose` "[Symbol.dispose]". */
export function methodKey(name: string): PropertyKey {
  const [, known] = /^\[Symbol\.(\w+)\]$/.exec(name) ?? [];
  const symbol: unknown = known === undefined ? undefined : Reflect.get(Symbol, known);
  return typeof symbol === "symbol" ? symbol : name;
}

function refuse(value: object): never {
  const source = Function.prototype.toString.call(value);
  const { name } = value as { name?: string };
  const isNative = /\{\s*\[native code\]\s*\}$/.test(source);
  throw new CannotCarryError({
    what: /^class\b/.test(source) ? `the class ${name}` : `the function ${name || "(anonymous)"}`,
    hint: isNative
      ? "It is native code; use an arrow function instead"
      : "It is not of a compiled module: name its package for the compiler, or make it after the await",
  });
}
