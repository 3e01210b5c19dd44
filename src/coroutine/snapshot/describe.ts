import { variableLabel } from "../../compiler/variable-label.ts";
import type { EncodeHooks, NodeDescription } from "../../wire/graph/index.ts";
import { CallTask, SleepTask } from "../coroutine.ts";
import {
  Combinator,
  Deferred,
  isDecided,
  isHopeless,
  settlesTag,
  waitersOf,
} from "../runtime/combinators.ts";
import { AsyncGeneratorFrame, GeneratorFrame } from "../runtime/generators.ts";
import type { Waiter } from "../runtime/owner.ts";
import type { FrameDescription, Locals } from "../runtime/registry.ts";
import { Task } from "../runtime/task.ts";
import { bindingOf, builtInName } from "./bindings.ts";
import { describeFunction } from "./describe-function.ts";
import { describeInstance } from "./describe-instance.ts";
import { HANDLED, Kind } from "./kinds.ts";
import { describePrototype, isPrototype } from "./prototypes.ts";
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
      (task) => waitersOf(task).length > 0 && !isHopeless(task) && !this.settleable.has(task),
    );
  }

  isNamed(value: object): boolean {
    return bindingOf(value) !== undefined || builtInName(value) !== undefined || isPrototype(value);
  }

  nameOfSymbol(symbol: symbol): string | undefined {
    const named = bindingOf(symbol);
    return named && `${named.module}#${named.name}`;
  }

  describe(value: object): NodeDescription | undefined {
    if (value instanceof Task) return this.task(value);
    if (value instanceof GeneratorFrame) return generator(value);
    if (value instanceof AsyncGeneratorFrame) return asyncGenerator(value);
    const index = runtimeIndex.get(value.constructor);
    if (index !== undefined) return runtimeObject(value, index);
    const named = bindingOf(value);
    if (typeof value === "function") return this.settler(value) ?? describeFunction(value, named);
    if (named) return { kind: Kind.BINDING, head: [named.module, named.name], children: [] };
    const path = builtInName(value);
    if (path !== undefined) return { kind: Kind.BUILT_IN, head: [path], children: [] };
    return isPrototype(value) ? describePrototype(value) : describeInstance(value);
  }

  private settler(value: object): NodeDescription | undefined {
    const settles = settlesTag(value);
    if (!settles) return undefined;
    this.settleable.add(settles.task);
    return { kind: Kind.SETTLER, head: [settles.rejects ? 1 : 0], children: [settles.task] };
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
}

function frame(task: Task, description: FrameDescription, flags: number, waiters: Waiter[]): NodeDescription {
  const { names, values } = liveVariables(task.$$L, description, task.$$P);
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

function liveVariables(locals: Locals | null, description: FrameDescription, point: number) {
  const live = liveNames(description, point);
  return { names: live.map(variableLabel), values: live.map((name) => locals![name]) };
}

function generator(value: GeneratorFrame): NodeDescription {
  const { $$D: description, $$P: point, $$S: state } = value;
  const { names, values } = state === 3 ? NOTHING : liveVariables(value.$$L, description, point);
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
  const { names, values } = state === 3 ? NOTHING : liveVariables(value.$$L, description, point);
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
