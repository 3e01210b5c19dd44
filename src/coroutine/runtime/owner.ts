/**
 * Who runs tasks. Every task belongs to an owner: the run of one durable call, or `detached` for compiled code
 * that is used like any other async code, outside of a run.
 *
 * The owner owns: the count of jobs not run yet and of native promises waited for. When both are zero nothing in
 * it can move by itself: it is quiet, and its coroutine has ended or can be suspended.
 */
import { currentScope } from "../../sdk/scope.ts";

/** Something that a settled task wakes. Mode 0 passes a value, 1 an error, 2 a return into a generator. */
export interface Waiter {
  $$wake(mode: Mode, value: unknown): void;
}

export type Mode = 0 | 1 | 2;

export class Owner {
  /** Jobs in the queue. */
  jobs = 0;
  /** Native promises that someone in this owner waits for, and who. */
  readonly nativeWaits = new Set<object>();
  /** Promises made with `new Promise` that are not settled. */
  readonly deferred = new Set<never>();
  /** Set once it was suspended: what wakes later belongs to a copy that is gone. */
  dead = false;
  /** The frame that runs right now. */
  frame: object | null = null;
  /** Errors of tasks that nobody has looked at. */
  readonly unhandled = new Set<object>();
  /** Called when something outside begins to be waited for. */
  onNativeWait: (() => void) | null = null;
  private onQuiet: (() => void) | null = null;
  private checking = false;

  /** Resolves once nothing in this owner can move by itself. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.onQuiet = resolve;
      this.checkQuiet();
    });
  }

  checkQuiet(): void {
    if (this.jobs > 0 || !this.onQuiet || this.checking) return;
    this.checking = true;
    settled.then(() => {
      this.checking = false;
      if (this.jobs > 0) return;
      if (this.nativeWaits.size > 0) {
        this.stalled();
        return;
      }
      const onQuiet = this.onQuiet;
      this.onQuiet = null;
      onQuiet?.();
    });
  }

  /** Everything waits, some of it for code outside. */
  protected stalled(): void {}

  /** Waits in place for a task that only code outside settles. */
  waitOutside(task: object): void {
    this.nativeWaits.add(task);
    this.onNativeWait?.();
  }

  /** A rejected task had nobody waiting when it was rejected, and still has not. */
  reportUnhandled(task: object, _error: unknown): void {
    this.unhandled.add(task);
  }
}

class Detached extends Owner {
  override checkQuiet(): void {}

  override reportUnhandled(_task: object, error: unknown): void {
    Promise.reject(error);
  }
}

export const detached: Owner = new Detached();

let running: Owner | null = null;

/** The owner of the code that runs now, also inside continuations of native promises of a run. */
export function currentOwner(): Owner {
  if (running) return running;
  const scope = currentScope();
  return scope instanceof Owner ? scope : detached;
}

/** Makes `owner` the current one and returns the one before, to be given back. Cheaper than a callback. */
export function switchOwner(owner: Owner | null): Owner | null {
  const before = running;
  running = owner;
  return before;
}

const settled = Promise.resolve();

/** The queue: owner, waiter, mode and value of each job. */
const queue: unknown[] = [];
let head = 0;

/**
 * Wakes a waiter in a microtask of its own. One microtask for each job keeps the order of tasks among themselves
 * and with native promises exactly as JavaScript has it.
 */
export function enqueue(owner: Owner, waiter: Waiter, mode: Mode, value: unknown): void {
  owner.jobs++;
  queue.push(owner, waiter, mode, value);
  settled.then(runJob);
}

function runJob(): void {
  const owner = queue[head] as Owner;
  const waiter = queue[head + 1] as Waiter;
  const mode = queue[head + 2] as Mode;
  const value = queue[head + 3];
  queue[head] = queue[head + 1] = queue[head + 3] = undefined;
  head += 4;
  if (head === queue.length) {
    queue.length = 0;
    head = 0;
  } else if (head > 4096) {
    queue.splice(0, head);
    head = 0;
  }
  owner.jobs--;
  if (!owner.dead) waiter.$$wake(mode, value);
  if (owner.jobs === 0) owner.checkQuiet();
}

/** Waits in place for a native promise or foreign thenable. */
export function waitNatively(owner: Owner, thenable: PromiseLike<unknown>, waiter: Waiter): void {
  owner.nativeWaits.add(waiter);
  owner.onNativeWait?.();
  const wake = (mode: Mode, value: unknown) => {
    // Not there any more: the wait was interrupted.
    if (!owner.nativeWaits.delete(waiter)) return;
    if (!owner.dead) waiter.$$wake(mode, value);
    owner.checkQuiet();
  };
  Promise.resolve(thenable).then(
    (value) => wake(0, value),
    (error) => wake(1, error),
  );
}

/** Runs `then` twice removed, as JavaScript reports unhandled rejections after the microtasks of a turn. */
export function afterReactions(then: () => void): void {
  settled.then(() => settled.then(then));
}
