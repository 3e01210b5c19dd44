/**
 * Who runs tasks. Every task belongs to an owner: the run of one durable call, or `detached` for compiled code
 * that is used like any other async code, outside of a run.
 *
 * The owner owns: the count of jobs not run yet and of native promises waited for. When both are zero nothing in
 * it can move by itself: it is quiet, and its coroutine has ended or can be suspended.
 */
import { currentScope } from "../../sdk/scope.ts";
import type { Deferred } from "./combinators.ts";
import { type Contexts, keepsContexts } from "./contexts.ts";

/** Something that a settled task wakes. Mode 0 passes a value, 1 an error, 2 a return into a generator. */
export interface Waiter {
  $$wake(mode: Mode, value: unknown): void;
}

export type Mode = 0 | 1 | 2;

/** Numbers of frames come round again after so many: correlation ids have 21 bits for them. */
export const frameNumber = (count: number): number => count & (2 ** 21 - 1);

export class Owner {
  /** Jobs in the queue. */
  jobs = 0;
  /** How many native promises someone in this owner waits for. */
  waits = 0;
  private firstWait: NativeWait | null = null;
  /** Promises made with `new Promise` that are not settled. */
  readonly deferred = new Set<Deferred>();
  /** Set once it was suspended: what wakes later belongs to a copy that is gone. */
  dead = false;
  /**
   * Number of the frame that runs right now. Not the frame: each step would leave a pointer from an old object to a
   * new one, which the garbage collector keeps account of.
   */
  running = 0;
  /** Number of the next frame. */
  next = 0;
  /** Errors of tasks that nobody has looked at. */
  readonly unhandled = new Set<object>();
  /** Of waiters, where contexts are kept; those of a run end with it. */
  contexts: Contexts | undefined;
  /** Called when something outside begins to be waited for. */
  onNativeWait: (() => void) | null = null;
  private onQuiet: PromiseWithResolvers<void> | null = null;
  private checking = false;
  private fault: { readonly error: unknown } | null = null;

  /**
   * Resolves once nothing in this owner can move by itself. Rejects when waking a waiter threw: user code's errors
   * settle tasks, so that is a fault of the runtime, or a saved state that somebody made up.
   */
  quiet(): Promise<void> {
    this.onQuiet = Promise.withResolvers();
    this.checkQuiet();
    return this.onQuiet.promise;
  }

  nextNumber(): number {
    const number = this.next;
    this.next = frameNumber(number + 1);
    return number;
  }

  failWith(error: unknown): void {
    this.fault ??= { error };
    this.checkQuiet();
  }

  checkQuiet(): void {
    if (this.fault && this.onQuiet) {
      this.onQuiet.reject(this.fault.error);
      return;
    }
    if (this.jobs > 0 || !this.onQuiet || this.checking) return;
    this.checking = true;
    settled.then(() => {
      this.checking = false;
      if (this.jobs > 0) return;
      if (this.waits > 0) {
        this.stalled();
        return;
      }
      const onQuiet = this.onQuiet;
      this.onQuiet = null;
      onQuiet?.resolve();
    });
  }

  /** Everything waits, some of it for code outside. */
  protected stalled(): void {}

  beginWait(waiter: Waiter): NativeWait {
    const wait = new NativeWait(waiter, this.firstWait);
    if (this.firstWait) this.firstWait.previous = wait;
    this.firstWait = wait;
    this.waits++;
    this.onNativeWait?.();
    return wait;
  }

  /** False when the wait has ended already, by an interruption. */
  endWait(wait: NativeWait): boolean {
    if (wait.ended) return false;
    wait.ended = true;
    this.waits--;
    if (wait.previous) wait.previous.next = wait.next;
    else this.firstWait = wait.next;
    if (wait.next) wait.next.previous = wait.previous;
    return true;
  }

  /** Fails every await of something outside of this owner. */
  interrupt(reason: unknown): void {
    for (let wait = this.firstWait; wait; wait = this.firstWait) {
      this.endWait(wait);
      wait.waiter.$$wake(1, reason);
    }
    this.checkQuiet();
  }

  /** A rejected task had nobody waiting when it was rejected, and still has not. */
  reportUnhandled(task: object, _error: unknown): void {
    this.unhandled.add(task);
  }
}

/** One wait in an owner's list of them. */
export class NativeWait {
  readonly waiter: Waiter;
  previous: NativeWait | null = null;
  next: NativeWait | null;
  ended = false;

  constructor(waiter: Waiter, next: NativeWait | null) {
    this.waiter = waiter;
    this.next = next;
  }
}

let anyWait: NativeWait | undefined;

/** Never suspended and never interrupted: it keeps no account of what it waits for. */
class Detached extends Owner {
  override checkQuiet(): void {}

  override beginWait(waiter: Waiter): NativeWait {
    return (anyWait ??= new NativeWait(waiter, null));
  }

  override endWait(): boolean {
    return true;
  }

  override failWith(error: unknown): void {
    Promise.reject(error);
  }

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
  if (before !== owner) running = owner;
  return before;
}

const settled = Promise.resolve();

/**
 * Wakes a waiter in a microtask of its own. One microtask for each job keeps the order of tasks among themselves
 * and with native promises exactly as JavaScript has it.
 */
export function enqueue(owner: Owner, waiter: Waiter, mode: Mode, value: unknown): void {
  owner.jobs++;
  const job = () => {
    owner.jobs--;
    resume(owner, waiter, mode, value);
  };
  const inContext = keepsContexts ? owner.contexts?.take(waiter) : undefined;
  if (inContext === undefined) settled.then(job);
  else inContext(() => void settled.then(job));
}

/** Waits in place for a native promise or foreign thenable. */
export function waitNatively(owner: Owner, thenable: PromiseLike<unknown>, waiter: Waiter): void {
  const wait = owner.beginWait(waiter);
  Promise.resolve(thenable).then(
    (value) => owner.endWait(wait) && resume(owner, waiter, 0, value),
    (error) => owner.endWait(wait) && resume(owner, waiter, 1, error),
  );
}

function resume(owner: Owner, waiter: Waiter, mode: Mode, value: unknown): void {
  try {
    if (!owner.dead) waiter.$$wake(mode, value);
  } catch (error) {
    owner.failWith(error);
  }
  if (owner.jobs === 0) owner.checkQuiet();
}

/** Runs `then` twice removed, as JavaScript reports unhandled rejections after the microtasks of a turn. */
export function afterReactions(then: () => void): void {
  settled.then(() => settled.then(then));
}
