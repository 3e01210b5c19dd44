/**
 * Tasks: promises whose waiters are data. A task behaves as a promise does, to user code and to native code; what
 * waits for it is an object that a snapshot can save, where a native promise has only opaque reactions.
 */
import { Contexts, keepsContexts } from "./contexts.ts";
import {
  afterReactions,
  currentOwner,
  enqueue,
  type Mode,
  type Owner,
  switchOwner,
  type Waiter,
  waitNatively,
} from "./owner.ts";
import type { FrameDescription, Locals } from "./registry.ts";

/** What a step function returns when it waits instead of being done. */
export const SUSPENDED: unique symbol = Symbol("suspended");

/** 0 pending, 1 fulfilled, 2 rejected. */
export type TaskState = 0 | 1 | 2;

/**
 * The frames of all compiled async functions are of this one class and keep their variables in an object apart, so
 * that the code of the runtime meets one shape of object: with a class for each function, a step cost half as much
 * again in programs of many functions. Names of fields start with `$$`, since users hold tasks as promises.
 */
export class Task implements PromiseLike<unknown>, Waiter {
  /** The compiled function whose frame it is. */
  $$D: FrameDescription | null;
  /** Variables of the frame. */
  $$L: Locals | null;
  $$S: TaskState = 0;
  /** Value or error, once settled. */
  $$V: unknown = undefined;
  /** One waiter, or several, in the order they came. */
  $$W: Waiter | Waiter[] | undefined = undefined;
  $$R: Owner = currentOwner();
  /** Where the step function goes on. */
  $$P = 0;
  /** Somebody has waited for it: a rejection is handled. */
  $$H = false;
  /** Of a frame: its number among those of its owner. The first, 0, is the function that was called. */
  $$C: number;

  constructor(description: FrameDescription | null = null, locals: Locals | null = null) {
    this.$$D = description;
    this.$$L = locals;
    this.$$C = description === null ? 0 : this.$$R.nextNumber();
  }

  /** Goes on from the point where the frame is suspended. */
  $$wake(mode: Mode, value: unknown): void {
    const owner = this.$$R;
    const outer = switchOwner(owner);
    owner.running = this.$$C;
    try {
      // Called without a receiver, so that stack traces show the function's name alone.
      const { step } = this.$$D!;
      const result = step(this as never, mode, value);
      if (result !== SUSPENDED) this.$$resolve(result);
    } catch (error) {
      this.$$fail(error);
    }
    switchOwner(outer);
  }

  /** Settles with a value, or as a promise will. */
  $$resolve(value: unknown): void {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) {
      this.$$settle(1, value);
      return;
    }
    if (value === this) {
      this.$$fail(new TypeError("Chaining cycle detected for promise #<Promise>"));
      return;
    }
    if (value instanceof Task) {
      // One turn of the queue before waiting, as a promise takes to adopt another.
      if (value.$$R === this.$$R) enqueue(this.$$R, new Adopt(this, value), 0, undefined);
      else this.$$adoptForeign(value);
      return;
    }
    let then: unknown;
    try {
      ({ then } = value as { then?: unknown });
    } catch (error) {
      this.$$fail(error);
      return;
    }
    if (typeof then === "function") this.$$adoptForeign(value as PromiseLike<unknown>);
    else this.$$settle(1, value);
  }

  private $$adoptForeign(value: PromiseLike<unknown>): void {
    if (value instanceof Task) value.$$H = true;
    waitNatively(this.$$R, value, new Settle(this));
  }

  $$fail(error: unknown): void {
    addAsyncFrame(this, error);
    this.$$settle(2, error);
  }

  $$settle(state: 1 | 2, value: unknown): void {
    if (this.$$S !== 0) return;
    this.$$S = state;
    this.$$V = value;
    const waiters = this.$$W;
    this.$$W = undefined;
    const mode = (state - 1) as Mode;
    if (waiters === undefined) {
      if (state === 2 && !this.$$H) reportUnhandled(this);
    } else if (Array.isArray(waiters)) {
      for (const waiter of waiters) enqueue(this.$$R, waiter, mode, value);
    } else enqueue(this.$$R, waiters, mode, value);
  }

  /** Wakes `waiter` once settled; it must belong to the same owner. */
  $$wait(waiter: Waiter): void {
    this.$$H = true;
    if (this.$$S !== 0) {
      enqueue(this.$$R, waiter, (this.$$S - 1) as Mode, this.$$V);
      return;
    }
    if (keepsContexts) (this.$$R.contexts ??= new Contexts()).save(waiter);
    if (this.$$W === undefined) this.$$W = waiter;
    else if (Array.isArray(this.$$W)) this.$$W.push(waiter);
    else this.$$W = [this.$$W, waiter];
  }

  // biome-ignore lint/suspicious/noThenProperty: a task is a promise to everyone else
  then<A = unknown, B = never>(
    onFulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    const result = new Task();
    result.$$R = this.$$R;
    const onOk = typeof onFulfilled === "function" ? (onFulfilled as Callback) : null;
    const onError = typeof onRejected === "function" ? (onRejected as Callback) : null;
    this.$$wait(new Reaction(result, onOk, onError));
    return result as PromiseLike<A | B>;
  }

  catch(onRejected?: ((reason: unknown) => unknown) | null): PromiseLike<unknown> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => unknown) | null): PromiseLike<unknown> {
    if (typeof onFinally !== "function") return this.then();
    const result = new Task();
    result.$$R = this.$$R;
    this.$$wait(new FinallyReaction(result, onFinally));
    return result;
  }

  get [Symbol.toStringTag](): string {
    return "Promise";
  }
}

Object.setPrototypeOf(Task.prototype, Promise.prototype);

type Callback = (value: unknown) => unknown;

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === "object" || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/** `await value` of a compiled function: its frame is woken with the result. */
export function wait(waiter: Waiter & { readonly $$R: Owner }, value: unknown): typeof SUSPENDED {
  const owner = waiter.$$R;
  if (value instanceof Task && value.$$R === owner) {
    value.$$wait(waiter);
    return SUSPENDED;
  }
  if (value instanceof Promise) {
    if (value instanceof Task) value.$$H = true;
    waitNatively(owner, value, waiter);
    return SUSPENDED;
  }
  try {
    if (isThenable(value)) {
      waitNatively(owner, value, waiter);
      return SUSPENDED;
    }
  } catch (error) {
    // A getter named `then` that throws.
    enqueue(owner, waiter, 1, error);
    return SUSPENDED;
  }
  enqueue(owner, waiter, 0, value);
  return SUSPENDED;
}

/** Starts a compiled async function: it runs at once up to its first suspension. */
export function start(task: Task): Task {
  const owner = task.$$R;
  const caller = owner.running;
  task.$$wake(0, undefined);
  owner.running = caller;
  return task;
}

/** What an async function that never waits returns. */
export function fulfilled(value: unknown): Task {
  const task = new Task();
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    task.$$S = 1;
    task.$$V = value;
  } else task.$$resolve(value);
  return task;
}

/** What it returns when it throws. */
export function rejected(error: unknown): Task {
  const task = new Task();
  task.$$settle(2, error);
  return task;
}

function reportUnhandled(task: Task): void {
  afterReactions(() => {
    if (!task.$$H) task.$$R.reportUnhandled(task, task.$$V);
  });
}

/** Adds `at async name (file:line:column)` of the function that awaits, as native stack traces have it. */
function addAsyncFrame(task: Task, error: unknown): void {
  if (!(error instanceof Error) || typeof error.stack !== "string") return;
  const waiter = Array.isArray(task.$$W) ? task.$$W[0] : task.$$W;
  if (!(waiter instanceof Task) || waiter.$$D === null) return;
  const { name, file, points } = waiter.$$D;
  const line = `    at async ${name} (${file}:${points[waiter.$$P]?.[0] ?? "?"})`;
  if (error.stack.includes(line)) return;
  setStack(error, `${userStack(error.stack)}\n${line}`);
}

/** Leaves the frames of this runtime out of the stack of an error. */
export function cleanStack(error: unknown): void {
  if (error instanceof Error && typeof error.stack === "string") setStack(error, userStack(error.stack));
}

const userStack = (stack: string): string => stack.split("\n").filter(isOfUser).join("\n");

function setStack(error: Error, stack: string): void {
  try {
    error.stack = stack;
  } catch {
    // A frozen error keeps the stack it has.
  }
}

const directory = import.meta.url.slice(0, import.meta.url.lastIndexOf("/") + 1);

const isOfUser = (line: string): boolean => !line.includes(directory);

/** Settles a task as another one is settled. */
export class Settle implements Waiter {
  task: Task;
  constructor(task: Task) {
    this.task = task;
  }
  $$wake(mode: Mode, value: unknown): void {
    this.task.$$settle(mode === 0 ? 1 : 2, value);
  }
}

/** Makes a task follow another, one turn after it was resolved with it. */
export class Adopt implements Waiter {
  task: Task;
  followed: Task;
  constructor(task: Task, followed: Task) {
    this.task = task;
    this.followed = followed;
  }
  $$wake(): void {
    this.followed.$$wait(new Settle(this.task));
  }
}

/** The callbacks of `then` and `catch`. */
export class Reaction implements Waiter {
  task: Task;
  onFulfilled: Callback | null;
  onRejected: Callback | null;
  constructor(task: Task, onFulfilled: Callback | null, onRejected: Callback | null) {
    this.task = task;
    this.onFulfilled = onFulfilled;
    this.onRejected = onRejected;
  }
  $$wake(mode: Mode, value: unknown): void {
    const callback = mode === 0 ? this.onFulfilled : this.onRejected;
    const outer = switchOwner(this.task.$$R);
    try {
      if (callback) this.task.$$resolve(callback(value));
      else this.task.$$settle(mode === 0 ? 1 : 2, value);
    } catch (error) {
      this.task.$$fail(error);
    }
    switchOwner(outer);
  }
}

/** The callback of `finally`: its result is awaited, then the outcome passed on. */
export class FinallyReaction implements Waiter {
  task: Task;
  callback: () => unknown;
  constructor(task: Task, callback: () => unknown) {
    this.task = task;
    this.callback = callback;
  }
  $$wake(mode: Mode, value: unknown): void {
    const owner = this.task.$$R;
    const outer = switchOwner(owner);
    try {
      const result = this.callback();
      // By way of a promise of its own, which is what JavaScript's finally() returns to the chain: the turns count.
      const passed = new Task();
      wait(new PassOn(passed, mode, value), result);
      this.task.$$resolve(passed);
    } catch (error) {
      this.task.$$fail(error);
    }
    switchOwner(outer);
  }
}

/** Passes an earlier outcome on, unless what was waited for failed. */
export class PassOn implements Waiter {
  task: Task;
  mode: Mode;
  value: unknown;
  constructor(task: Task, mode: Mode, value: unknown) {
    this.task = task;
    this.mode = mode;
    this.value = value;
  }
  get $$R(): Owner {
    return this.task.$$R;
  }
  $$wake(mode: Mode, value: unknown): void {
    if (mode !== 0) this.task.$$settle(2, value);
    else this.task.$$settle(this.mode === 0 ? 1 : 2, this.value);
  }
}
