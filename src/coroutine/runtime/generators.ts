/** Generators and async generators of compiled code. */
import { currentOwner, type Mode, type Owner, switchOwner, type Waiter } from "./owner.ts";
import type { FrameDescription, Locals } from "./registry.ts";
import { SUSPENDED, Task, wait } from "./task.ts";

/** 0 not started, 1 suspended at a yield, 2 running, 3 done. */
export type GeneratorState = 0 | 1 | 2 | 3;

export class GeneratorFrame implements Iterator<unknown> {
  $$D: FrameDescription;
  $$L: Locals | null;
  $$S: GeneratorState = 0;
  /** The value yielded last. */
  $$V: unknown = undefined;
  $$P = 0;

  constructor(description: FrameDescription, locals: Locals | null = null) {
    this.$$D = description;
    this.$$L = locals;
  }

  next(value?: unknown): IteratorResult<unknown> {
    return this.$$go(0, value);
  }

  throw(error: unknown): IteratorResult<unknown> {
    return this.$$go(1, error);
  }

  return(value?: unknown): IteratorResult<unknown> {
    return this.$$go(2, value);
  }

  private $$go(mode: Mode, value: unknown): IteratorResult<unknown> {
    if (this.$$S === 2) throw new TypeError("Generator is already running");
    if (this.$$S === 0 && mode !== 0) this.$$S = 3;
    if (this.$$S === 3) {
      if (mode === 1) throw value;
      return { value: mode === 2 ? value : undefined, done: true };
    }
    this.$$S = 2;
    let result: unknown;
    try {
      const { step } = this.$$D;
      result = step(this as never, mode, value);
    } catch (error) {
      this.$$S = 3;
      throw error;
    }
    if (result === SUSPENDED) {
      this.$$S = 1;
      const yielded = this.$$V;
      this.$$V = undefined;
      return { value: yielded, done: false };
    }
    this.$$S = 3;
    return { value: result, done: true };
  }

  get [Symbol.toStringTag](): string {
    return "Generator";
  }
}

const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
Object.setPrototypeOf(GeneratorFrame.prototype, IteratorPrototype);

/** A call of next, throw or return that has not been answered. */
export interface GeneratorRequest {
  mode: Mode;
  value: unknown;
  task: Task;
}

export class AsyncGeneratorFrame implements AsyncIterator<unknown>, Waiter {
  $$D: FrameDescription;
  $$L: Locals | null;
  $$S: GeneratorState = 0;
  $$P = 0;
  $$R: Owner = currentOwner();
  /** Requests in order; the first is being worked on. */
  $$Q: GeneratorRequest[] = [];

  constructor(description: FrameDescription, locals: Locals | null = null) {
    this.$$D = description;
    this.$$L = locals;
  }

  next(value?: unknown): Promise<IteratorResult<unknown>> {
    return this.$$request(0, value);
  }

  throw(error: unknown): Promise<IteratorResult<unknown>> {
    return this.$$request(1, error);
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    return this.$$request(2, value);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private $$request(mode: Mode, value: unknown): Promise<IteratorResult<unknown>> {
    const task = new Task();
    task.$$R = this.$$R;
    this.$$Q.push({ mode, value, task });
    if (this.$$S !== 2) this.$$work();
    return task as unknown as Promise<IteratorResult<unknown>>;
  }

  /** Works on the first request until it must wait. */
  $$work(): void {
    while (this.$$Q.length > 0 && this.$$S !== 2) {
      const { mode, value, task } = this.$$Q[0]!;
      if (this.$$S === 0 && mode !== 0) this.$$S = 3;
      if (this.$$S !== 3) {
        this.$$S = 2;
        if (mode === 2) wait(new GeneratorWait(this, "return"), value);
        else this.$$wake(mode, value);
        return;
      }
      if (mode === 2) {
        this.$$S = 2;
        wait(new GeneratorWait(this, "done"), value);
        return;
      }
      this.$$Q.shift();
      if (mode === 1) task.$$fail(value);
      else task.$$settle(1, { value: undefined, done: true });
    }
  }

  $$wake(mode: Mode, value: unknown): void {
    const outer = switchOwner(this.$$R);
    const caller = this.$$R.running;
    this.$$R.running = 0;
    try {
      const { step } = this.$$D;
      const result = step(this as never, mode, value);
      if (result !== SUSPENDED) this.$$finish(0, result);
    } catch (error) {
      this.$$finish(1, error);
    }
    this.$$R.running = caller;
    switchOwner(outer);
  }

  $$yield(value: unknown): void {
    this.$$S = 1;
    this.$$Q.shift()!.task.$$settle(1, { value, done: false });
    this.$$work();
  }

  $$finish(mode: Mode, value: unknown): void {
    this.$$S = 3;
    const { task } = this.$$Q.shift()!;
    if (mode === 1) task.$$fail(value);
    else task.$$settle(1, { value, done: true });
    this.$$work();
  }

  get [Symbol.toStringTag](): string {
    return "AsyncGenerator";
  }
}

const AsyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
);
Object.setPrototypeOf(AsyncGeneratorFrame.prototype, AsyncIteratorPrototype);

/** What an async generator does with the value it waits for: yield it, return with it, or end with it. */
export class GeneratorWait implements Waiter {
  generator: AsyncGeneratorFrame;
  purpose: "yield" | "return" | "done";
  constructor(generator: AsyncGeneratorFrame, purpose: "yield" | "return" | "done") {
    this.generator = generator;
    this.purpose = purpose;
  }
  get $$R(): Owner {
    return this.generator.$$R;
  }
  $$wake(mode: Mode, value: unknown): void {
    const { generator, purpose } = this;
    if (purpose === "done") generator.$$finish(mode, value);
    else if (purpose === "return") generator.$$wake(mode === 0 ? 2 : 1, value);
    else if (mode === 0) generator.$$yield(value);
    else generator.$$wake(1, value);
  }
}

export function startGenerator<T extends GeneratorFrame | AsyncGeneratorFrame>(generator: T): T {
  if (generator.$$D.bindsAtCall) generator.$$D.step(generator as never, 0, undefined);
  return generator;
}

/** `yield value`: an async generator awaits the value first. */
export function yieldValue(
  generator: GeneratorFrame | AsyncGeneratorFrame,
  value: unknown,
): typeof SUSPENDED {
  if (generator instanceof GeneratorFrame) generator.$$V = value;
  else wait(new GeneratorWait(generator, "yield"), value);
  return SUSPENDED;
}

/** Yields what an inner iterator of `yield*` gave, as it is. */
export function yieldInner(
  generator: GeneratorFrame | AsyncGeneratorFrame,
  value: unknown,
): typeof SUSPENDED {
  if (generator instanceof GeneratorFrame) generator.$$V = value;
  else generator.$$yield(value);
  return SUSPENDED;
}
