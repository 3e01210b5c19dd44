/** `Promise.all` and its kin for tasks, with results in the order of the arguments. */
import { AnyException } from "../../sdk/index.ts";
import {
  currentOwner,
  enqueue,
  type Mode,
  type NativeWait,
  type Owner,
  type Waiter,
  waitNatively,
} from "./owner.ts";
import { isThenable, Task } from "./task.ts";

/** "first" is "any" with the errors of Dispatch: see combine.ts. */
export type CombinatorKind = "all" | "allSettled" | "any" | "race" | "first";

export class Combinator extends Task {
  kind: CombinatorKind;
  results: unknown[] = [];
  /** Members that are not settled yet. */
  remaining = 1;

  constructor(kind: CombinatorKind) {
    super();
    this.kind = kind;
  }

  $$member(index: number, mode: Mode, value: unknown): void {
    if (this.$$S !== 0) return;
    const failed = mode !== 0;
    switch (this.kind) {
      case "all":
        if (failed) {
          this.$$fail(value);
          return;
        }
        this.results[index] = value;
        break;
      case "allSettled":
        this.results[index] = failed ? { status: "rejected", reason: value } : { status: "fulfilled", value };
        break;
      case "any":
      case "first":
        if (!failed) {
          this.$$settle(1, value);
          return;
        }
        this.results[index] = value;
        break;
      case "race":
        this.$$settle(failed ? 2 : 1, value);
        return;
    }
    this.$$memberDone();
  }

  $$memberDone(): void {
    if (--this.remaining > 0 || this.kind === "race") return;
    const { kind, results } = this;
    if (kind === "any") this.$$fail(new AggregateError(results, "All promises were rejected"));
    else if (kind !== "first") this.$$settle(1, results);
    else this.$$fail(results.length === 1 ? results[0] : new AnyException(results));
  }
}

/** Waits for one member of a combinator. */
export class Member implements Waiter {
  combinator: Combinator;
  index: number;
  constructor(combinator: Combinator, index: number) {
    this.combinator = combinator;
    this.index = index;
  }
  get $$R(): Owner {
    return this.combinator.$$R;
  }
  $$wake(mode: Mode, value: unknown): void {
    // A late loser: the combinator may have been saved since, and is any settled task then.
    if (this.combinator.$$S === 0) this.combinator.$$member(this.index, mode, value);
  }
}

/**
 * What waits for a task, without the members of races that others have won: waking them does nothing, and a loop of
 * races would pile them up.
 */
export function waitersOf(task: Task): Waiter[] {
  const waiters = task.$$W;
  if (waiters === undefined) return [];
  return (Array.isArray(waiters) ? waiters : [waiters]).filter(
    (waiter) => !(waiter instanceof Member && waiter.combinator.$$S !== 0),
  );
}

export function combine(kind: CombinatorKind, members: Iterable<unknown>): Combinator {
  const combinator = new Combinator(kind);
  const owner = combinator.$$R;
  try {
    let index = 0;
    for (const member of members) {
      const waiter = new Member(combinator, index++);
      combinator.remaining++;
      combinator.results.push(undefined);
      if (member instanceof Task && member.$$R === owner) member.$$wait(waiter);
      else if (isThenable(member)) {
        if (member instanceof Task) member.$$H = true;
        waitNatively(owner, member, waiter);
      } else enqueue(owner, waiter, 0, member);
    }
    combinator.$$memberDone();
  } catch (error) {
    combinator.$$fail(error);
  }
  return combinator;
}

/** A task whose outcome is decided by the functions it is made with, as `new Promise` has it. */
export class Deferred extends Task {
  /** The executor takes no parameters, so nothing can ever settle it. */
  never = false;
  private outside: NativeWait | null = null;

  constructor() {
    super();
    this.$$R.deferred.add(this);
  }

  override $$settle(state: 1 | 2, value: unknown): void {
    this.$$R.deferred.delete(this);
    const { outside } = this;
    this.outside = null;
    if (outside) this.$$R.endWait(outside);
    super.$$settle(state, value);
    if (outside) this.$$R.checkQuiet();
  }

  /** Waits in place for code outside of the coroutine to settle it. */
  waitOutside(): void {
    this.outside ??= this.$$R.beginWait(this);
  }

  /** The wait was interrupted. */
  override $$wake(_mode: Mode, reason: unknown): void {
    this.$$fail(reason);
  }
}

const SETTLES: unique symbol = Symbol("dispatch.settles");

/** Of a resolve or reject function: the task it settles. */
export interface SettlesTag {
  readonly task: Deferred;
  readonly rejects: boolean;
}

export function settler(task: Deferred, rejects: boolean): (value?: unknown) => void {
  // The first call decides, even when what it resolves with is still pending.
  const settle = rejects
    ? (error?: unknown) => decide(task) && task.$$fail(error)
    : (value?: unknown) => decide(task) && task.$$resolve(value);
  Object.defineProperty(settle, SETTLES, { value: { task, rejects } satisfies SettlesTag });
  return settle as (value?: unknown) => void;
}

export const settlesTag = (value: object): SettlesTag | undefined =>
  (value as { [SETTLES]?: SettlesTag })[SETTLES];

const DECIDED = 1;

/** Deferred tasks have no code of their own: their place says whether they were decided. */
function decide(task: Deferred): boolean {
  if (task.$$P === DECIDED || task.$$S !== 0) return false;
  task.$$P = DECIDED;
  return true;
}

export function markDecided(task: Deferred): void {
  task.$$P = DECIDED;
}

/** Nothing outside can settle it: it follows another task, or was made without a way to. */
export const isHopeless = (task: Deferred): boolean => task.never || isDecided(task);

export const isDecided = (task: Deferred): boolean => task.$$P === DECIDED;

type Executor = (resolve: (value?: unknown) => void, reject: (error?: unknown) => void) => void;

/** `new Promise(executor)` in compiled code. */
export function newPromise(executor: Executor): Task {
  if (typeof executor !== "function") {
    throw new TypeError(`Promise resolver ${String(executor)} is not a function`);
  }
  const task = new Deferred();
  task.never = executor.length === 0;
  const reject = settler(task, true);
  try {
    executor(settler(task, false), reject);
  } catch (error) {
    reject(error);
  }
  return task;
}

function settledTask(state: 1 | 2, value: unknown): Task {
  const task = new Task();
  task.$$settle(state, value);
  return task;
}

/** What `Promise.name` means in compiled code. */
export const promises = {
  all: (members: Iterable<unknown>): Task => combine("all", members),
  allSettled: (members: Iterable<unknown>): Task => combine("allSettled", members),
  any: (members: Iterable<unknown>): Task => combine("any", members),
  race: (members: Iterable<unknown>): Task => combine("race", members),
  resolve: (value: unknown): PromiseLike<unknown> => {
    if (value instanceof Task && value.$$R === currentOwner()) return value;
    // A native promise is waited for where it is awaited, not here.
    if (value instanceof Promise && !(value instanceof Task)) return value;
    const task = new Task();
    task.$$resolve(value);
    return task;
  },
  reject: (error: unknown): Task => settledTask(2, error),
  withResolvers: () => {
    const promise = new Deferred();
    return { promise, resolve: settler(promise, false), reject: settler(promise, true) };
  },
  try: (callback: (...args: unknown[]) => unknown, ...args: unknown[]): Task => {
    const task = new Task();
    try {
      task.$$resolve(callback(...args));
    } catch (error) {
      task.$$fail(error);
    }
    return task;
  },
};
