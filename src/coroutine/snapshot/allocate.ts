/** How the objects of the runtime are read from a snapshot. What is read decides which known thing, never what it is. */
import { AsyncFunction, type CallOptions, openRegistries } from "../../sdk/index.ts";
import type { DecodeHooks, HeadValue } from "../../wire/graph/index.ts";
import { CallTask, SleepTask } from "../coroutine.ts";
import { Combinator, type CombinatorKind, Deferred, markDecided, settler } from "../runtime/combinators.ts";
import { Disposals } from "../runtime/disposal.ts";
import {
  AsyncGeneratorFrame,
  GeneratorFrame,
  type GeneratorRequest,
  type GeneratorState,
} from "../runtime/generators.ts";
import { CollectionSteps } from "../runtime/iterators.ts";
import { frameNumber, type Waiter } from "../runtime/owner.ts";
import {
  bind,
  classes,
  closures,
  type FrameDescription,
  frames,
  type Locals,
  moduleFunctions,
} from "../runtime/registry.ts";
import { whileRestoring } from "../runtime/support.ts";
import { Task, type TaskState } from "../runtime/task.ts";
import { builtIn, readBinding } from "./bindings.ts";
import { liveNames } from "./describe.ts";
import { methodKey } from "./describe-function.ts";
import { privateChain } from "./describe-instance.ts";
import { HANDLED, Kind } from "./kinds.ts";
import { readProperties } from "./properties.ts";
import { corrupt, incompatible } from "./refusal.ts";
import { RUNTIME_CLASSES } from "./runtime-objects.ts";

type Head = readonly HeadValue[];
type Child = (index: number) => unknown;

/** Hooks for one snapshot; tasks they make belong to the current owner. */
export class SnapshotReader implements DecodeHooks {
  /** What can be done only once everything is filled. */
  private readonly afterwards: (() => void)[] = [];

  finish(): void {
    for (const action of this.afterwards) action();
  }

  allocate(kind: number, head: Head, child: Child, count: number): object {
    switch (kind) {
      case Kind.FRAME:
      case Kind.GENERATOR:
      case Kind.ASYNC_GENERATOR:
        return allocateFrame(kind, head);
      case Kind.TASK:
        return Object.assign(new Task(), { $$S: taskState(head[0]) });
      case Kind.CALL:
        return new CallTask(integer(head[0]), text(head[1]));
      case Kind.SLEEP:
        return new SleepTask(number(head[0]));
      case Kind.COMBINATOR:
        return allocateCombinator(head);
      case Kind.DEFERRED: {
        const task = new Deferred();
        task.never = head[1] === 1;
        if (head[0] === 1) markDecided(task);
        return task;
      }
      case Kind.SETTLER:
        // Of a promise that was settled a settled task is left, which settling again leaves alone.
        return settler(instanceOf(Task, child(0)) as Deferred, head[0] === 1);
      case Kind.CLOSURE:
        return allocateClosure(head, child);
      case Kind.FUNCTION:
        return functionById(text(head[0]));
      case Kind.CLASS:
        return classes.get(text(head[0]))?.Class ?? movedFunction(text(head[0])) ?? noClass(text(head[0]));
      case Kind.BINDING:
        return binding(text(head[0]), text(head[1]));
      case Kind.BUILT_IN:
        return builtIn(text(head[0])) ?? incompatible(`${text(head[0])} does not exist here`);
      case Kind.INSTANCE:
      case Kind.ERROR_INSTANCE:
        return allocateInstance(head);
      case Kind.INSTANCE_OF:
        return Object.create(prototypeOf(child(0))) as object;
      case Kind.PROTOTYPE:
        return prototypeOf(child(0));
      case Kind.LOCAL_ERROR:
        return Object.setPrototypeOf(new Error(), prototypeOf(child(0))) as object;
      case Kind.RUNTIME:
        return Object.create(
          (RUNTIME_CLASSES[integer(head[0])] ?? corrupt("unknown object")).Class.prototype as object,
        );
      case Kind.METHOD:
        return method(head);
      case Kind.BOUND:
        return allocateBound(child, count);
      case Kind.DURABLE_FUNCTION:
        return durableFunction(head);
      default:
        return corrupt(`an object of the unknown kind ${kind}`);
    }
  }

  symbolOfName(name: string): symbol {
    const at = name.lastIndexOf("#");
    const symbol = readBinding({ module: name.slice(0, at), name: name.slice(at + 1) });
    return typeof symbol === "symbol" ? symbol : incompatible(`the symbol ${name} no longer exists`);
  }

  fill(value: object, kind: number, head: Head, children: readonly unknown[]): void {
    switch (kind) {
      case Kind.FRAME:
        fillFrame(value as Task, head, children);
        break;
      case Kind.GENERATOR:
        fillVariables(value as GeneratorFrame, children);
        break;
      case Kind.ASYNC_GENERATOR:
        fillVariables(value as AsyncGeneratorFrame, children.slice(0, -1));
        (value as AsyncGeneratorFrame).$$Q = children.at(-1) as GeneratorRequest[];
        break;
      case Kind.TASK:
        fillTask(value as Task, head, children);
        break;
      case Kind.CALL:
      case Kind.DEFERRED:
        setWaiters(value as Task, integer(head[2]), children);
        break;
      case Kind.SLEEP:
        setWaiters(value as Task, integer(head[1]), children);
        break;
      case Kind.COMBINATOR:
        (value as Combinator).results = children[0] as unknown[];
        setWaiters(value as Task, integer(head[2]), children.slice(1));
        break;
      case Kind.CLOSURE:
        if (head.length > 2) {
          // Its prototype fills itself.
          const before = closures.get(text(head[0]))!.labels.length + integer(head[2]);
          this.properties(value, head.slice(3), children.slice(before));
        }
        break;
      case Kind.PROTOTYPE: {
        const gone = integer(head[0]);
        for (const key of head.slice(1, 1 + gone)) Reflect.deleteProperty(value, text(key));
        this.properties(value, head.slice(1 + gone), children.slice(1));
        break;
      }
      case Kind.INSTANCE: {
        const privates = fillPrivates(value, head, children);
        this.properties(value, head.slice(2 + privates), children.slice(privates));
        break;
      }
      case Kind.ERROR_INSTANCE: {
        const privates = fillPrivates(value, head, children);
        (value as Error).stack = text(children[privates] as HeadValue);
        this.properties(value, head.slice(2 + privates), children.slice(privates + 1));
        break;
      }
      case Kind.INSTANCE_OF:
        this.properties(value, head, children.slice(1));
        break;
      case Kind.LOCAL_ERROR:
        (value as Error).stack = text(children[1] as HeadValue);
        this.properties(value, head, children.slice(2));
        break;
      case Kind.RUNTIME:
        this.fillRuntime(value, head, children);
        break;
    }
  }

  private properties(value: object, head: Head, children: readonly unknown[]): void {
    const close = readProperties(value, head, children);
    if (close) this.afterwards.push(close);
  }

  private fillRuntime(value: object, head: Head, children: readonly unknown[]): void {
    const { fields } = RUNTIME_CLASSES[integer(head[0])]!;
    fields.forEach((field, index) => {
      if (field !== "position") Reflect.set(value, field, children[index]);
    });
    if (value instanceof Disposals) this.afterwards.push(() => value.findMethods());
    if (!(value instanceof CollectionSteps)) return;
    const position = integer(children[fields.indexOf("position")]);
    this.afterwards.push(() => value.moveTo(position));
  }
}

/** Registries may have functions of the same name: the one that was saved is of its own. */
function durableFunction(head: Head): object {
  const [registry, name] = [text(head[0]), text(head[1])];
  const found = openRegistries()
    .find((one) => one.name === registry)
    ?.get(name);
  if (found === undefined) return incompatible(`the function ${name} is not registered in ${registry} here`);
  if (head.length < 3 || !(found instanceof AsyncFunction)) return found;
  try {
    return found.with(JSON.parse(text(head[2])) as CallOptions);
  } catch (error) {
    return corrupt(`call options of ${name}: ${(error as Error).message}`);
  }
}

const FRAMES = {
  async: { Frame: Task, kind: Kind.FRAME },
  generator: { Frame: GeneratorFrame, kind: Kind.GENERATOR },
  "async generator": { Frame: AsyncGeneratorFrame, kind: Kind.ASYNC_GENERATOR },
} as const;

function allocateFrame(kind: number, head: Head): object {
  const description = frameById(text(head[0]), text(head[1]));
  const { Frame, kind: expected } = FRAMES[description.kind];
  if (kind !== expected) return corrupt(`${description.id} is another sort of function`);
  const made = new Frame(description, description.locals?.() ?? null);
  made.$$P = integer(head[2]);
  if (made.$$P !== 0 && !description.points[made.$$P])
    return corrupt(`no point ${made.$$P} in ${description.id}`);
  if (!(made instanceof Task)) made.$$S = integer(head[3]) as GeneratorState;
  return made;
}

function frameById(id: string, fingerprint: string): FrameDescription {
  const description = frames.get(id);
  if (!description) return incompatible(`the function ${id} is suspended here and no longer exists`);
  if (description.fingerprint !== fingerprint) {
    return incompatible(`the function ${id} was changed since it was suspended`);
  }
  return description;
}

function fillFrame(frame: Task, head: Head, children: readonly unknown[]): void {
  const count = liveNames(frame.$$D!, frame.$$P).length;
  fillVariables(frame, children.slice(0, count));
  frame.$$C = frameNumber(integer(head[4]));
  setWaiters(frame, integer(head[3]), children.slice(count));
}

function fillVariables(
  frame: { $$D: FrameDescription | null; $$L: Locals | null; $$P: number },
  values: readonly unknown[],
): void {
  const names = liveNames(frame.$$D!, frame.$$P);
  values.forEach((value, index) => {
    const name = names[index];
    if (name === undefined) corrupt(`too many variables for ${frame.$$D!.id}`);
    frame.$$L![name!] = value;
  });
}

function fillTask(task: Task, head: Head, children: readonly unknown[]): void {
  const isSettled = task.$$S !== 0;
  if (isSettled) task.$$V = children[0];
  setWaiters(task, integer(head[1]), isSettled ? children.slice(1) : children);
}

function setWaiters(task: Task, flags: number, waiters: readonly unknown[]): void {
  task.$$H = (flags & HANDLED) !== 0;
  for (const waiter of waiters) {
    if (typeof (waiter as Partial<Waiter> | null)?.$$wake !== "function")
      corrupt("a waiter that cannot be woken");
  }
  if (waiters.length === 1) task.$$W = waiters[0] as Waiter;
  else if (waiters.length > 1) task.$$W = waiters as Waiter[];
}

function allocateCombinator(head: Head): Combinator {
  const kind = text(head[0]);
  if (!["all", "allSettled", "any", "race", "first"].includes(kind))
    return corrupt(`an unknown combinator ${kind}`);
  const combinator = new Combinator(kind as CombinatorKind);
  combinator.remaining = integer(head[1]);
  return combinator;
}

function allocateClosure(head: Head, child: Child): object {
  const id = text(head[0]);
  const description = closures.get(id);
  if (!description) return incompatible(`the function ${id} is held here and no longer exists`);
  if (description.fingerprint !== head[1])
    return incompatible(`the function ${id} was changed since it was saved`);
  const captured = description.labels.map((_, index) => child(index));
  return whileRestoring(() => description.make(...captured));
}

function functionById(id: string): object {
  return (
    moduleFunctions.get(id) ??
    closures.get(id)?.instance ??
    movedFunction(id) ??
    incompatible(`the function ${id} no longer exists`)
  );
}

/** A function or class of a module that the module now imports: what it has under the name. */
function movedFunction(id: string): object | undefined {
  const at = id.lastIndexOf("#");
  const value = readBinding({ module: id.slice(0, at), name: id.slice(at + 1) });
  return typeof value === "function" ? value : undefined;
}

function classById(id: string) {
  return classes.get(id) ?? noClass(id);
}

const noClass = (id: string): never => incompatible(`the class ${id} no longer exists`);

function binding(module: string, name: string): object {
  const value = readBinding({ module, name });
  if ((typeof value === "object" && value !== null) || typeof value === "function") return value;
  return incompatible(`${name} of ${module} no longer exists`);
}

function allocateInstance(head: Head): object {
  const known = classById(text(head[0]));
  const privates = privateChain(known);
  const names = privates.flatMap(({ id, fields }) => fields.names.map((name) => `${id}.${name}`));
  const count = integer(head[1]);
  const saved = head.slice(2, 2 + count);
  if (saved.length !== names.length || saved.some((name, index) => name !== names[index])) {
    return incompatible(`the class ${known.id} has other private fields than when it was saved`);
  }
  if (privates.length === 0) return Object.create(known.Class.prototype as object) as object;
  const Class = known.Class as new (errors: []) => object;
  // Of everything that is constructed here only AggregateError looks at what it is given.
  const made = whileRestoring(() => new Class([]));
  for (const key of Reflect.ownKeys(made)) if (!isStack(made, key)) Reflect.deleteProperty(made, key);
  return made;
}

/** Of an error the stack is given another text, and stays what it is. */
const isStack = (made: object, key: string | symbol): boolean => made instanceof Error && key === "stack";

/** @returns how many of the children were private fields */
function fillPrivates(value: object, head: Head, children: readonly unknown[]): number {
  const count = integer(head[1]);
  let index = 0;
  if (count > 0) {
    for (const { fields } of privateChain(classById(text(head[0])))) {
      fields.set(value, children.slice(index, index + fields.names.length));
      index += fields.names.length;
    }
  }
  return count;
}

function method(head: Head): object {
  const { Class, id } = classById(text(head[0]));
  const holder: object = head[1] === 1 ? Class : (Class.prototype as object);
  const value: unknown = Object.getOwnPropertyDescriptor(holder, methodKey(text(head[2])))?.value;
  return typeof value === "function"
    ? value
    : incompatible(`${id} no longer has the method ${text(head[2])}`);
}

function allocateBound(child: Child, count: number): object {
  const target = child(0);
  if (typeof target !== "function") return corrupt("a bound function of no function");
  const args = Array.from({ length: count - 2 }, (_, index) => child(index + 2));
  return bind(target as () => unknown, child(1), ...args);
}

function prototypeOf(Class: unknown): object {
  if (typeof Class !== "function") return corrupt("an instance of what is no class");
  return Class.prototype as object;
}

const text = (value: HeadValue | undefined): string =>
  typeof value === "string" ? value : corrupt("a name is missing");
const number = (value: unknown): number =>
  typeof value === "number" ? value : corrupt("a number is missing");
const integer = (value: unknown): number =>
  Number.isSafeInteger(value) ? (value as number) : corrupt("a number is missing");

function taskState(value: HeadValue | undefined): TaskState {
  return value === 0 || value === 1 || value === 2 ? value : corrupt("an unknown state of a task");
}

function instanceOf<T>(Class: new () => T, value: unknown): T {
  return value instanceof Class ? value : corrupt(`something else than a ${Class.name}`);
}
