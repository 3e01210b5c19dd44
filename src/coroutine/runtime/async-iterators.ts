/** Async iteration in compiled code: the loop of `for await`, and the inner iterators of `yield*`. */

import {
  checkIteratorResult,
  isObject,
  iterate,
  nativeIterator,
  SavedIterator,
  type StepIterator,
} from "./iterators.ts";
import type { Mode, Owner, Waiter } from "./owner.ts";
import { isThenable, Task, wait } from "./task.ts";

/** The iterator of a `for await` loop. */
export interface AsyncSteps {
  $$next(): unknown;
  $$return(): unknown;
}

/** What closing gives where nobody is asked. */
const CLOSED = {};

/** An object that has `Symbol.asyncIterator`. */
export class AsyncProtocolSteps implements AsyncSteps {
  iterator: AsyncIterator<unknown>;
  constructor(iterator: AsyncIterator<unknown>) {
    this.iterator = iterator;
  }
  $$next(): unknown {
    return this.iterator.next();
  }
  $$return(): unknown {
    const close = this.iterator.return;
    return close == null ? CLOSED : close.call(this.iterator);
  }
}

/** A synchronous iterable in a `for await` loop: its values are awaited. */
export class SyncSteps implements AsyncSteps {
  steps: StepIterator;
  constructor(steps: StepIterator) {
    this.steps = steps;
  }
  $$next(): Task {
    const task = new Task();
    try {
      if (this.steps.$$step()) wait(new ResultOf(task, this.steps), this.steps.$$value);
      else task.$$settle(1, { value: undefined, done: true });
    } catch (error) {
      task.$$fail(error);
    }
    return task;
  }
  $$return(): unknown {
    this.steps.$$close();
    return CLOSED;
  }
}

/** Turns an awaited value into an iterator result. The iterator that gave a promise that fails is closed. */
export class ResultOf implements Waiter {
  task: Task;
  closes: { $$abort(): void } | null;
  constructor(task: Task, closes: { $$abort(): void } | null) {
    this.task = task;
    this.closes = closes;
  }
  get $$R(): Owner {
    return this.task.$$R;
  }
  $$wake(mode: Mode, value: unknown): void {
    if (mode === 0) {
      this.task.$$settle(1, { value, done: false });
      return;
    }
    this.closes?.$$abort();
    this.task.$$fail(value);
  }
}

export function asyncIterate(value: unknown): AsyncSteps {
  const make = (value as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator];
  if (make == null) return new SyncSteps(iterate(value));
  const iterator: unknown = make.call(value as AsyncIterable<unknown>);
  if (!isObject(iterator)) {
    throw new TypeError("Result of the Symbol.asyncIterator method is not an object");
  }
  return new AsyncProtocolSteps(iterator as AsyncIterator<unknown>);
}

/** Closes the iterator of a loop that was left; an error on the way out wins over one of closing. */
export function asyncClose(steps: AsyncSteps, isFailing: boolean): unknown {
  if (!isFailing) return steps.$$return();
  try {
    const closing = steps.$$return();
    if (!isThenable(closing)) return closing;
    const task = new Task();
    wait(new Swallow(task), closing);
    return task;
  } catch {
    return undefined;
  }
}

/** What `return()` of an iterator gave, when no error leaves the loop. */
export function checkClosed(result: unknown, isFailing: boolean): void {
  if (!isFailing) checkIteratorResult(result);
}

/** Fulfils a task however what it waits for ends. */
export class Swallow implements Waiter {
  task: Task;
  constructor(task: Task) {
    this.task = task;
  }
  get $$R(): Owner {
    return this.task.$$R;
  }
  $$wake(): void {
    this.task.$$settle(1, undefined);
  }
}

/** The inner iterator of `yield*`. */
export class Delegate {
  iterator: Iterator<unknown>;
  $$value: unknown = undefined;
  /** The generator was told to return, and the inner iterator is done with it. */
  $$returned = false;

  constructor(iterator: Iterator<unknown>) {
    this.iterator = iterator;
  }

  /** A value it gave was rejected. */
  $$abort(): void {
    try {
      this.iterator.return?.();
    } catch {
      // The rejection wins.
    }
  }

  /** Passes one request on; true when the inner iterator is done. */
  $$step(mode: Mode, value: unknown): boolean {
    const { iterator } = this;
    let result: IteratorResult<unknown>;
    if (mode === 0) result = iterator.next(value as never);
    else if (mode === 1) {
      if (!iterator.throw) {
        iterator.return?.();
        throw new TypeError("The iterator does not provide a 'throw' method.");
      }
      result = iterator.throw(value);
    } else {
      if (!iterator.return) {
        this.$$value = value;
        this.$$returned = true;
        return true;
      }
      result = iterator.return(value);
      this.$$returned = isObject(result) && result.done === true;
    }
    checkIteratorResult(result);
    this.$$value = result.value;
    return result.done === true;
  }
}

/** The inner iterator of `yield*` in an async generator: each step is awaited, then accepted. */
export class AsyncDelegate {
  iterator: AsyncIterator<unknown>;
  $$value: unknown = undefined;
  $$returned = false;
  private returning = false;

  constructor(iterator: AsyncIterator<unknown>) {
    this.iterator = iterator;
  }

  $$step(mode: Mode, value: unknown): unknown {
    const { iterator } = this;
    this.returning = mode === 2;
    if (mode === 0) return iterator.next(value as never);
    if (mode === 2) return iterator.return ? iterator.return(value) : { value, done: true };
    if (iterator.throw) return iterator.throw(value);
    iterator.return?.();
    throw new TypeError("The iterator does not provide a 'throw' method.");
  }

  $$accept(result: IteratorResult<unknown>): boolean {
    checkIteratorResult(result);
    this.$$value = result.value;
    this.$$returned = this.returning && result.done === true;
    return result.done === true;
  }
}

export function delegate(value: unknown): Delegate {
  const isBuiltIn =
    typeof value === "string" || Array.isArray(value) || value instanceof Map || value instanceof Set;
  return new Delegate(isBuiltIn ? new SavedIterator(iterate(value)) : nativeIterator(value));
}

/** A synchronous iterator inside `yield*` of an async generator: its values are awaited. */
export class SyncToAsync implements AsyncIterator<unknown> {
  delegate: Delegate;
  constructor(inner: Delegate) {
    this.delegate = inner;
  }
  next(value?: unknown): Promise<IteratorResult<unknown>> {
    return this.request(0, value);
  }
  throw(error: unknown): Promise<IteratorResult<unknown>> {
    return this.request(1, error);
  }
  return(value?: unknown): Promise<IteratorResult<unknown>> {
    return this.request(2, value);
  }
  private request(mode: Mode, value: unknown): Promise<IteratorResult<unknown>> {
    const task = new Task();
    try {
      const done = this.delegate.$$step(mode, value);
      if (done) task.$$settle(1, { value: this.delegate.$$value, done: true });
      // An inner iterator that was told to return is done with itself.
      else wait(new ResultOf(task, mode === 2 ? null : this.delegate), this.delegate.$$value);
    } catch (error) {
      task.$$fail(error);
    }
    return task as unknown as Promise<IteratorResult<unknown>>;
  }
}

export function delegateAsync(value: unknown): AsyncDelegate {
  const make = (value as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator];
  if (make == null) return new AsyncDelegate(new SyncToAsync(delegate(value)));
  const iterator: unknown = make.call(value as AsyncIterable<unknown>);
  if (!isObject(iterator)) {
    throw new TypeError("Result of the Symbol.asyncIterator method is not an object");
  }
  return new AsyncDelegate(iterator as AsyncIterator<unknown>);
}
