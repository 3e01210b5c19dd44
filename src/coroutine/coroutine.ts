/**
 * The run of one durable call: its tasks, and the durable calls they wait for. It does no I/O: the driver starts
 * it, lets it run until it is quiet, and takes from it what to do next.
 */
import { PermanentError } from "../sdk/index.ts";
import { type CallScope, type DurableCall, enterScope } from "../sdk/scope.ts";
import { settlesTag, waitersOf } from "./runtime/combinators.ts";
import { AsyncGeneratorFrame } from "./runtime/generators.ts";
import { Owner, switchOwner, type Waiter } from "./runtime/owner.ts";
import { closureTag, moduleFunctionId } from "./runtime/registry.ts";
import { isThenable, Reaction, Settle, Task, wait } from "./runtime/task.ts";

/** A durable call that was made. Its result comes with a later run. */
export class CallTask extends Task {
  correlationId: number;
  functionName: string;

  constructor(correlationId: number, functionName: string) {
    super();
    this.correlationId = correlationId;
    this.functionName = functionName;
  }
}

/** A durable sleep. Its coroutine is woken for it as long as something waits for it. */
export class SleepTask extends Task {
  /** Milliseconds since the epoch. */
  wakeAtMs: number;

  constructor(wakeAtMs: number) {
    super();
    this.wakeAtMs = wakeAtMs;
  }

  override $$wait(waiter: Waiter): void {
    super.$$wait(waiter);
    if (this.$$S === 0) (this.$$R as Coroutine).sleeping.add(this);
  }
}

/** A call to be dispatched with the next poll. */
export interface NewCall {
  readonly correlationId: number;
  readonly call: DurableCall;
  /** What {@link Coroutine.encodeCall} made of it when it was made. */
  readonly encoded: unknown;
}

/** Ids are integers of 53 bits. */
const CALLS = 2 ** 32;

export class Coroutine extends Owner implements CallScope {
  main!: Task;
  /** Calls without a result, by correlation id. */
  readonly pending = new Map<number, CallTask>();
  /** Sleeps that something waits for. */
  readonly sleeping = new Set<SleepTask>();
  /** Calls that no poll has carried yet. */
  fresh: NewCall[] = [];
  /** Correlation ids of the calls of the last poll. */
  lastRound: number[] = [];
  nextCall = 1;
  /** False for a function whose module is not compiled: it cannot be suspended. */
  isCompiled = true;
  nowMs: () => number;
  /** Encodes a call when it is made: what changes in its arguments later does not count. */
  encodeCall: (call: DurableCall, correlationId: number) => unknown = () => undefined;

  constructor(nowMs: () => number = Date.now) {
    super();
    this.nowMs = nowMs;
  }

  /** Calls the function; it runs up to its first suspension. */
  start(fn: (...args: never[]) => unknown, args: readonly unknown[]): void {
    this.enter(() => {
      let result: unknown;
      try {
        result = fn(...(args as never[]));
      } catch (error) {
        result = new Task();
        (result as Task).$$H = true;
        (result as Task).$$fail(error);
      }
      if (result instanceof Task && result.$$R === this) this.main = result;
      else {
        // A function that is not compiled, or returns a promise of its own: it runs to its end in place.
        this.isCompiled = !isThenable(result);
        this.main = new Task();
        if (isThenable(result)) wait(Object.assign(new Settle(this.main), { $$R: this }), result);
        else this.main.$$settle(1, result);
      }
      this.main.$$H = true;
    });
  }

  /** Runs code that belongs to this coroutine. */
  enter<T>(body: () => T): T {
    return enterScope(this, () => {
      const outer = switchOwner(this);
      try {
        return body();
      } finally {
        switchOwner(outer);
      }
    });
  }

  call(call: DurableCall): CallTask {
    // The number of the frame that makes it, and that of the call, which alone tells the calls apart.
    const correlationId = this.running * CALLS + this.nextCall++;
    const outer = switchOwner(this);
    const task = new CallTask(correlationId, call.function);
    try {
      const encoded = this.encodeCall(call, correlationId);
      this.pending.set(correlationId, task);
      this.fresh.push({ correlationId, call, encoded });
    } catch (error) {
      task.$$settle(2, error);
    }
    switchOwner(outer);
    return task;
  }

  sleepUntil(wakeAtMs: number): SleepTask {
    const outer = switchOwner(this);
    const task = new SleepTask(wakeAtMs);
    switchOwner(outer);
    return task;
  }

  /**
   * Durable calls that code outside of compiled modules awaits can never be dispatched: that needs the coroutine to
   * be suspended, and native code cannot be. They fail at once, where otherwise everything would stand still.
   */
  protected override stalled(): void {
    for (const [correlationId, task] of this.pending) {
      if (this.isCompiled && !isAwaitedNatively(task)) continue;
      this.fresh = this.fresh.filter((one) => one.correlationId !== correlationId);
      const why = this.isCompiled
        ? "code that is not compiled awaits it: name the package of that code for the compiler"
        : "its caller is not compiled as a coroutine";
      this.deliver(correlationId, {
        error: new PermanentError(`the call of ${task.functionName} cannot be made: ${why}`),
      });
    }
  }

  /** Gives a call its result. False when there is no such call: a late loser, or a duplicate. */
  deliver(correlationId: number, outcome: { value: unknown } | { error: unknown }): boolean {
    const task = this.pending.get(correlationId);
    if (!task) return false;
    this.pending.delete(correlationId);
    this.enter(() => {
      if ("error" in outcome) task.$$fail(outcome.error);
      else task.$$settle(1, outcome.value);
    });
    return true;
  }

  /** Marks the new calls as those of the poll that is about to be made. */
  beginRound(): readonly NewCall[] {
    this.lastRound = this.fresh.map(({ correlationId }) => correlationId);
    return this.fresh;
  }

  /** The poll was made: its calls are dispatched by others. */
  endRound(): void {
    this.fresh = [];
    this.contexts = undefined;
  }

  /** Nothing runs any more. Sleeps that lost their race are let go: their end would wake the function for nothing. */
  override async quiet(): Promise<void> {
    await super.quiet();
    for (const task of this.sleeping) if (waitersOf(task).length === 0) this.sleeping.delete(task);
  }

  /** Wakes the sleeps that are over. */
  wakeSleepers(nowMs: number): void {
    for (const task of this.sleeping) {
      if (task.wakeAtMs > nowMs) continue;
      this.sleeping.delete(task);
      this.enter(() => task.$$settle(1, undefined));
    }
  }
}

/** Whether the result of a task goes, through compiled code or straight, to callbacks of code that is not compiled. */
function isAwaitedNatively(task: Task, seen = new Set<object>()): boolean {
  if (seen.has(task)) return false;
  seen.add(task);
  const waiters = task.$$W === undefined ? [] : Array.isArray(task.$$W) ? task.$$W : [task.$$W];
  return waiters.some((waiter) => {
    if (waiter instanceof Reaction && [waiter.onFulfilled, waiter.onRejected].some(isForeign)) return true;
    const next = waiter instanceof Task ? waiter : taskBehind(waiter);
    return next !== undefined && isAwaitedNatively(next, seen);
  });
}

const isForeign = (callback: object | null): boolean =>
  callback !== null && !closureTag(callback) && !moduleFunctionId(callback) && !settlesTag(callback);

function taskBehind(waiter: object): Task | undefined {
  const { task, combinator, generator } = waiter as Partial<
    Record<"task" | "combinator" | "generator", unknown>
  >;
  if (generator instanceof AsyncGeneratorFrame) return generator.$$Q[0]?.task;
  return [task, combinator].find((one) => one instanceof Task);
}
