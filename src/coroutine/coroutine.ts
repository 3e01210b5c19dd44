/**
 * The run of one durable call: its tasks, and the durable calls they wait for. It does no I/O: the driver starts
 * it, lets it run until it is quiet, and takes from it what to do next.
 */
import { type CallScope, type DurableCall, enterScope } from "../sdk/scope.ts";
import { Owner, switchOwner } from "./runtime/owner.ts";
import { isThenable, Settle, Task, wait } from "./runtime/task.ts";

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

/** A durable sleep. */
export class SleepTask extends Task {
  /** Milliseconds since the epoch. */
  wakeAtMs: number;

  constructor(wakeAtMs: number) {
    super();
    this.wakeAtMs = wakeAtMs;
  }
}

/** A call to be dispatched with the next poll. */
export interface NewCall {
  readonly correlationId: number;
  readonly call: DurableCall;
}

const COROUTINE = 2 ** 32;

export class Coroutine extends Owner implements CallScope {
  main!: Task;
  /** Calls without a result, by correlation id. */
  readonly pending = new Map<number, CallTask>();
  readonly sleeping = new Set<SleepTask>();
  /** Calls that no poll has carried yet. */
  fresh: NewCall[] = [];
  /** Correlation ids of the calls of the last poll. */
  lastRound: number[] = [];
  nextCall = 1;
  nextCoroutine = 1;
  nowMs: () => number;

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
        // A function that is not compiled, or returns a promise of its own.
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
    const correlationId = this.coroutineId() * COROUTINE + this.nextCall++;
    const outer = switchOwner(this);
    const task = new CallTask(correlationId, call.function);
    switchOwner(outer);
    this.pending.set(correlationId, task);
    this.fresh.push({ correlationId, call });
    return task;
  }

  sleepUntil(wakeAtMs: number): SleepTask {
    const outer = switchOwner(this);
    const task = new SleepTask(wakeAtMs);
    switchOwner(outer);
    this.sleeping.add(task);
    return task;
  }

  /** Number of the frame that runs: 0 for the function itself, its helpers count up as they make calls. */
  private coroutineId(): number {
    const { frame } = this;
    if (!(frame instanceof Task) || frame === this.main || !this.main) return 0;
    if (frame.$$C === 0) frame.$$C = this.nextCoroutine++;
    return frame.$$C;
  }

  /** Gives a call its result. False when there is no such call: a late loser, or a duplicate. */
  deliver(correlationId: number, outcome: { value: unknown } | { error: unknown }): boolean {
    const task = this.pending.get(correlationId);
    if (!task) return false;
    this.pending.delete(correlationId);
    this.enter(() => {
      if ("error" in outcome) task.$$settle(2, outcome.error);
      else task.$$settle(1, outcome.value);
    });
    return true;
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
