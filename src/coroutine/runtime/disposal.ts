/** `using` and `await using` in code that can be suspended: the resources of a block, disposed of when it is left. */
import { rejected } from "./task.ts";

type Method = (this: unknown) => unknown;

interface Resource {
  /** Null for `await using x = null`, which waits all the same. */
  readonly value: object | null;
  /** Declared with `await using`. */
  readonly isAsync: boolean;
  /** Its method is that of `Symbol.dispose`, whose result is not waited for. */
  readonly isPlain: boolean;
  /** As it was when the resource was declared. In a snapshot: undefined where the resource still has that one. */
  method: Method | undefined;
}

/** The error that leaves a block, with those that disposing added. */
declare const SuppressedError: new (error: unknown, suppressed: unknown, message?: string) => Error;

export class Disposals {
  private list: Resource[] = [];
  failed = false;
  error: unknown = undefined;
  /** A resource that was null is still to be waited for, unless another one is. */
  needsAwait = false;
  hasAwaited = false;
  /** What to await next. */
  $$value: unknown = undefined;

  /** What a snapshot holds: a method by itself only where it cannot be found on the resource any more. */
  get resources(): readonly Resource[] {
    return this.list.map((one) => (isCurrent(one) ? { ...one, method: undefined } : one));
  }

  set resources(saved: Resource[]) {
    this.list = saved;
  }

  /** Once a snapshot is read, and before code runs that may change what a resource has. */
  findMethods(): void {
    for (const one of this.list) one.method ??= methodOf(one) as Method | undefined;
  }

  /** `using name = value`: returns the value. */
  $$add(value: unknown, isAsync: boolean): unknown {
    if (value == null) {
      if (isAsync) this.list.push({ value: null, isAsync, isPlain: true, method: undefined });
      return value;
    }
    if (typeof value !== "object" && typeof value !== "function") {
      throw new TypeError("An object is expected with `using` declarations");
    }
    const waits = isAsync ? (value as AsyncDisposable)[Symbol.asyncDispose] : undefined;
    const method: unknown = waits ?? (value as Disposable)[Symbol.dispose];
    if (typeof method !== "function") {
      throw new TypeError(`Symbol(Symbol.${isAsync ? "asyncDispose" : "dispose"}) is not a function`);
    }
    this.list.push({ value, isAsync, isPlain: waits == null, method: method as Method });
    return value;
  }

  /** Disposes of the last resources up to one whose end must be awaited: true when there is one. */
  $$step(): boolean {
    this.$$value = undefined;
    for (let resource = this.list.at(-1); resource; resource = this.list.at(-1)) {
      const { value, isAsync, isPlain, method } = resource;
      if (!isAsync && this.takesTurn()) return true;
      this.list.pop();
      if (value === null) {
        this.needsAwait = true;
        continue;
      }
      try {
        const result = Reflect.apply(method!, value, []);
        if (!isAsync) continue;
        if (!isPlain) this.$$value = result;
      } catch (error) {
        if (!isAsync || !isPlain) {
          this.$$fail(error);
          continue;
        }
        // Under `await using`, `Symbol.dispose` counts as a method whose promise fails.
        this.$$value = rejected(error);
      }
      this.hasAwaited = true;
      return true;
    }
    return this.takesTurn();
  }

  /** Whether there is to be a wait for those that were null: one for all of them. */
  private takesTurn(): boolean {
    const takes = this.needsAwait && !this.hasAwaited;
    if (takes) this.needsAwait = false;
    return takes;
  }

  $$fail(error: unknown): void {
    this.error = this.failed ? new SuppressedError(error, this.error, SUPPRESSED) : error;
    this.failed = true;
  }
}

const SUPPRESSED = "An error was suppressed during disposal";

const methodOf = ({ value, isPlain }: Resource): unknown =>
  value === null ? undefined : Reflect.get(value, isPlain ? Symbol.dispose : Symbol.asyncDispose);

function isCurrent(resource: Resource): boolean {
  try {
    return methodOf(resource) === resource.method;
  } catch {
    return false;
  }
}

export const disposals = (): Disposals => new Disposals();
