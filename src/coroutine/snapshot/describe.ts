/** How the objects of the runtime are written into a snapshot. */

import { PrimitiveFunction } from "../../sdk/index.ts";
import {
  CannotCarryError,
  type EncodeHooks,
  type HeadValue,
  type NodeDescription,
  serializableClasses,
} from "../../wire/graph/index.ts";
import { CallTask, SleepTask } from "../coroutine.ts";
import { Combinator, Deferred, isDecided, isHopeless, settlesTag } from "../runtime/combinators.ts";
import { AsyncGeneratorFrame, GeneratorFrame } from "../runtime/generators.ts";
import type { Waiter } from "../runtime/owner.ts";
import {
  boundTag,
  type ClassDescription,
  type ClosureDescription,
  classDescription,
  classes,
  closureTag,
  type FrameDescription,
  moduleFunctionId,
} from "../runtime/registry.ts";
import { Task } from "../runtime/task.ts";
import { bindingOf, builtInName } from "./bindings.ts";
import { HANDLED, Kind } from "./kinds.ts";
import { RUNTIME_CLASSES, runtimeIndex } from "./runtime-objects.ts";

/**
 * Hooks for one snapshot. They also find out which promises can only be settled from outside of it: those whose
 * resolve and reject functions the snapshot does not hold.
 */
export class SnapshotWriter implements EncodeHooks {
  private readonly settleable = new Set<object>();

  /** Of these promises, those that code outside of the coroutine, a timer or a library, is about to settle. */
  waitingOutside(deferred: Iterable<Deferred>): Deferred[] {
    return [...deferred].filter(
      (task) => task.$$W !== undefined && !isHopeless(task) && !this.settleable.has(task),
    );
  }

  isNamed(value: object): boolean {
    return bindingOf(value) !== undefined;
  }

  describe(value: object): NodeDescription | undefined {
    if (value instanceof Task) return this.task(value);
    if (value instanceof GeneratorFrame) return generator(value);
    if (value instanceof AsyncGeneratorFrame) return asyncGenerator(value);
    const index = runtimeIndex.get(value.constructor);
    if (index !== undefined) return runtimeObject(value, index);
    const named = bindingOf(value);
    if (typeof value === "function") return this.function(value, named);
    if (named) return { kind: Kind.BINDING, head: [named.module, named.name], children: [] };
    const path = builtInName(value);
    if (path !== undefined) return { kind: Kind.BUILT_IN, head: [path], children: [] };
    return instance(value);
  }

  private task(task: Task): NodeDescription {
    const waiters = waitersOf(task);
    const flags = task.$$H ? HANDLED : 0;
    if (task.$$S !== 0) {
      return {
        kind: Kind.TASK,
        head: [task.$$S, flags],
        children: [task.$$V, ...waiters],
        labels: [" (result)"],
      };
    }
    if (task.$$D !== null) return frame(task, task.$$D, flags, waiters);
    if (task instanceof CallTask) {
      return { kind: Kind.CALL, head: [task.correlationId, task.functionName, flags], children: waiters };
    }
    if (task instanceof SleepTask)
      return { kind: Kind.SLEEP, head: [task.wakeAtMs, flags], children: waiters };
    if (task instanceof Combinator) {
      return {
        kind: Kind.COMBINATOR,
        head: [task.kind, task.remaining, flags],
        children: [task.results, ...waiters],
        labels: [" (results)"],
      };
    }
    if (task instanceof Deferred) {
      const decided = isDecided(task);
      return { kind: Kind.DEFERRED, head: [decided ? 1 : 0, task.never ? 1 : 0, flags], children: waiters };
    }
    return { kind: Kind.TASK, head: [0, flags], children: waiters };
  }

  private function(value: object, named: ReturnType<typeof bindingOf>): NodeDescription | undefined {
    const tag = closureTag(value);
    const keys = Object.keys(value);
    const values = keys.map((key) => Reflect.get(value, key) as unknown);
    if (tag) {
      const { description, captured } = tag;
      if (description.single && description.instance === value) {
        return {
          kind: Kind.FUNCTION,
          head: [description.id, ...keys],
          children: values,
          labels: labelled(keys),
        };
      }
      return {
        kind: Kind.CLOSURE,
        head: [description.id, description.fingerprint, ...keys],
        children: [...captured, ...values],
        labels: [...description.labels.map((label) => ` captures ${label}`), ...labelled(keys)],
      };
    }
    const id = moduleFunctionId(value);
    if (id !== undefined) {
      return { kind: Kind.FUNCTION, head: [id, ...keys], children: values, labels: labelled(keys) };
    }
    const known = classDescription(value);
    if (known) return { kind: Kind.CLASS, head: [known.id], children: [] };
    if (named) return { kind: Kind.BINDING, head: [named.module, named.name], children: [] };
    const path = builtInName(value);
    if (path !== undefined) return { kind: Kind.BUILT_IN, head: [path], children: [] };
    const settles = settlesTag(value);
    if (settles) {
      this.settleable.add(settles.task);
      return { kind: Kind.SETTLER, head: [settles.rejects ? 1 : 0], children: [settles.task] };
    }
    const bound = boundTag(value);
    if (bound) return { kind: Kind.BOUND, head: [], children: [bound.target, bound.self, ...bound.args] };
    if (value instanceof PrimitiveFunction) {
      const options = Object.keys(value.callOptions).length > 0 ? [JSON.stringify(value.callOptions)] : [];
      return {
        kind: Kind.DURABLE_FUNCTION,
        head: [value.registry.name, value.name, ...options],
        children: [],
      };
    }
    return methodOfClass(value) ?? refuseFunction(value);
  }
}

const labelled = (keys: readonly string[]): string[] => keys.map((key) => `.${key}`);

function waitersOf(task: Task): Waiter[] {
  const waiters = task.$$W;
  if (waiters === undefined) return [];
  return Array.isArray(waiters) ? waiters : [waiters];
}

function frame(task: Task, description: FrameDescription, flags: number, waiters: Waiter[]): NodeDescription {
  const { names, values } = liveVariables(task, description, task.$$P);
  return {
    kind: Kind.FRAME,
    head: [description.id, description.fingerprint, task.$$P, flags, task.$$C],
    children: [...values, ...waiters],
    labels: [...names, ...waiters.map(() => " (awaiting)")],
  };
}

/** Names of the variables that are saved at a point. */
export function liveNames(description: FrameDescription, point: number): readonly string[] {
  return point === 0 ? description.entry : (description.points[point]?.slice(1) ?? []);
}

function liveVariables(holder: object, description: FrameDescription, point: number) {
  const live = liveNames(description, point);
  return { names: live.map(variableLabel), values: live.map((name) => Reflect.get(holder, name) as unknown) };
}

/** The name of a variable in the source: compiled names may have a number, and the compiler's own start with $$. */
function variableLabel(name: string): string {
  if (name === "$$this") return "this";
  if (name === "$$args") return "arguments";
  if (name.startsWith("$$e")) return "(captured)";
  if (name.startsWith("$$")) return "(temporary)";
  return name.replace(/\$\d+$/, "");
}

function generator(value: GeneratorFrame): NodeDescription {
  const { $$D: description, $$P: point, $$S: state } = value;
  const { names, values } = state === 3 ? NOTHING : liveVariables(value, description, point);
  return {
    kind: Kind.GENERATOR,
    head: [description.id, description.fingerprint, point, state],
    children: values,
    labels: names,
  };
}

const NOTHING = { names: [] as string[], values: [] as unknown[] };

function asyncGenerator(value: AsyncGeneratorFrame): NodeDescription {
  const { $$D: description, $$P: point, $$S: state } = value;
  const { names, values } = state === 3 ? NOTHING : liveVariables(value, description, point);
  return {
    kind: Kind.ASYNC_GENERATOR,
    head: [description.id, description.fingerprint, point, state],
    children: [...values, value.$$Q],
    labels: [...names, " (requests)"],
  };
}

function runtimeObject(value: object, index: number): NodeDescription {
  const { fields } = RUNTIME_CLASSES[index]!;
  return {
    kind: Kind.RUNTIME,
    head: [index],
    children: fields.map((field) => Reflect.get(value, field) as unknown),
    labels: fields.map((field) => ` (${field})`),
  };
}

/** Instances of classes that the codec cannot make by itself; undefined for everything it can. */
function instance(value: object): NodeDescription | undefined {
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
  const closure = closureTag(Class)?.description;
  if (!closure && moduleFunctionId(Class) === undefined) return undefined;
  if (closure?.hasPrivates) refusePrivates(closure);
  const keys = ownKeys(value);
  return {
    kind: Kind.INSTANCE_OF,
    head: keys,
    children: [Class, ...keys.map((key) => Reflect.get(value, key) as unknown)],
    labels: [" (class)", ...labelled(keys)],
  };
}

function instanceOfModuleClass(value: object, known: ClassDescription): NodeDescription {
  const privates = privateChain(known);
  const names = privates.flatMap(({ id, fields }) => fields.names.map((name) => `${id}.${name}`));
  const keys = ownKeys(value);
  const head: HeadValue[] = [known.id, names.length, ...names, ...keys];
  return {
    kind: Kind.INSTANCE,
    head,
    children: [
      ...privates.flatMap(({ fields }) => fields.get(value)),
      ...keys.map((key) => Reflect.get(value, key) as unknown),
    ],
    labels: [...privates.flatMap(({ fields }) => fields.names.map((name) => `.${name}`)), ...labelled(keys)],
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

function ownKeys(value: object): string[] {
  const keys = Reflect.ownKeys(value);
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if (typeof key === "symbol") throw new CannotCarryError({ what: `a property under ${String(key)}` });
    if (property.get || property.set) throw new CannotCarryError({ what: `an accessor (${key})` });
  }
  return keys as string[];
}

function methodOfClass(value: object): NodeDescription | undefined {
  const { name } = value as { name?: string };
  if (!name) return undefined;
  for (const { id, Class } of classes.values()) {
    const isMethod = (holder: object) => Object.getOwnPropertyDescriptor(holder, name)?.value === value;
    if (isMethod(Class.prototype as object)) return { kind: Kind.METHOD, head: [id, 0, name], children: [] };
    if (isMethod(Class)) return { kind: Kind.METHOD, head: [id, 1, name], children: [] };
  }
  return undefined;
}

function refuseFunction(value: object): never {
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

function refusePrivates({ id }: ClosureDescription): never {
  throw new CannotCarryError({
    what: `an instance of ${id}, a class inside a function with private members`,
    hint: "Move the class to the top level of its module",
  });
}
