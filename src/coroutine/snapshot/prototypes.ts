/** What was done to functions, classes and their prototypes after their code made them. */
import { CannotCarryError, type NodeDescription } from "../../wire/graph/index.ts";
import {
  classBaseline,
  classDescription,
  closureTag,
  moduleFunctionId,
  noteKeys,
} from "../runtime/registry.ts";
import { Kind } from "./kinds.ts";
import { levelOf, writeProperties } from "./properties.ts";

type Key = string | symbol;
type Constructor = { readonly name: string; readonly prototype: object };

/** Own keys of a closure that its code does not make again. */
export function changedKeys(value: object): Key[] {
  const { statics, parent } = classBaseline(value) ?? { statics: null, parent: Function.prototype };
  if (Object.getPrototypeOf(value) !== parent) refuse(value as Constructor, "whose prototype was set");
  if (!statics) {
    const keys = Reflect.ownKeys(value).filter((key) => !MADE_BY_FUNCTION.has(key) && !noteKeys.has(key));
    return isReplaced(value) ? [...keys, "prototype"] : keys;
  }
  const gone = Reflect.ownKeys(statics).filter((key) => !Object.hasOwn(value, key));
  if (gone.length > 0) refuse(value as Constructor, `from which ${String(gone[0])} was deleted`);
  return changesFrom(statics, value).filter((key) => !noteKeys.has(key));
}

const MADE_BY_FUNCTION: ReadonlySet<Key> = new Set(["length", "name", "prototype"]);

/** `G.prototype = { ... }`: an object like any other. That of a class is its own for ever. */
function isReplaced(value: object): boolean {
  if (!Object.hasOwn(value, "prototype")) return false;
  const { prototype } = value as Partial<Constructor>;
  return typeof prototype !== "object" || prototype === null || constructorOf(prototype) !== value;
}

/** The prototype of a closure, if it is to be saved with it; nothing where it is as its code made it. */
export function changedPrototype(value: object): object[] {
  if (!Object.hasOwn(value, "prototype") || isReplaced(value)) return [];
  const { prototype } = value as Constructor;
  const baseline = membersOf(value);
  const isChanged =
    levelOf(prototype) > 0 ||
    parentOf(value) !== Object.getPrototypeOf(prototype) ||
    Reflect.ownKeys(baseline).some((key) => !Object.hasOwn(prototype, key)) ||
    changesFrom(baseline, prototype).length > 0;
  return isChanged ? [prototype] : [];
}

/** The function whose prototype `value` is. */
export function constructorOf(value: object): object | undefined {
  if (!Object.hasOwn(value, "constructor")) return undefined;
  const { value: made } = Object.getOwnPropertyDescriptor(value, "constructor")!;
  return typeof made === "function" && made.prototype === value ? made : undefined;
}

/** True for prototypes of functions and classes of compiled code. */
export function isPrototype(value: object): boolean {
  const made = constructorOf(value);
  return (
    made !== undefined &&
    (closureTag(made) !== undefined ||
      moduleFunctionId(made) !== undefined ||
      classDescription(made) !== undefined)
  );
}

export function describePrototype(value: object): NodeDescription {
  const made = constructorOf(value) as Constructor;
  const tag = closureTag(made);
  // What a module does to its own prototypes is done again when it loads.
  if (!tag || tag.description.instance === made)
    return { kind: Kind.PROTOTYPE, head: [0, 0], children: [made] };
  if (parentOf(made) !== Object.getPrototypeOf(value)) {
    refuse(made, "whose prototype extends another object than when it was made; use a class");
  }
  const baseline = membersOf(made);
  const gone = Reflect.ownKeys(baseline).filter((key) => !Object.hasOwn(value, key));
  if (gone.some((key) => typeof key === "symbol"))
    refuse(made, "from which a method with a symbol was deleted");
  const { head, children, labels } = writeProperties(value, changesFrom(baseline, value));
  return {
    kind: Kind.PROTOTYPE,
    head: [gone.length, ...(gone as string[]), ...head],
    children: [made, ...children],
    labels: [" (constructor)", ...labels],
  };
}

function membersOf(made: object): PropertyDescriptorMap {
  return (
    classBaseline(made)?.members ?? {
      constructor: { value: made, writable: true, enumerable: false, configurable: true },
    }
  );
}

function parentOf(made: object): object | null {
  const baseline = classBaseline(made);
  return baseline ? baseline.prototypeParent : Object.prototype;
}

/** Keys that are new or other than before. What closing the object did to them is done again by closing it. */
function changesFrom(baseline: PropertyDescriptorMap, value: object): Key[] {
  const level = levelOf(value);
  return Reflect.ownKeys(value).filter((key) => {
    const now = Object.getOwnPropertyDescriptor(value, key)!;
    const before = Object.hasOwn(baseline, key) ? baseline[key as string]! : undefined;
    return (
      !before ||
      !Object.is(now.value, before.value) ||
      now.get !== before.get ||
      now.set !== before.set ||
      now.enumerable !== before.enumerable ||
      (level < 2 && now.configurable !== before.configurable) ||
      (level < 3 && now.writable !== before.writable)
    );
  });
}

function refuse({ name }: Constructor, why: string): never {
  throw new CannotCarryError({ what: `the function or class ${name || "(anonymous)"}, ${why}` });
}
