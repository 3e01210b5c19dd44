/** `using` and `await using` in code that can be suspended: the resources of a block, disposed of when it is left. */

interface Resource {
  /** Null for `await using x = null`, which waits all the same. */
  readonly value: Dispose | null;
  /** Declared with `await using`. */
  readonly isAsync: boolean;
  /** Its method is that of `Symbol.dispose`, whose result is not waited for. */
  readonly isPlain: boolean;
}

type Dispose = { [Symbol.dispose](): unknown; [Symbol.asyncDispose](): unknown };

/** The error that leaves a block, with those that disposing added. */
declare const SuppressedError: new (error: unknown, suppressed: unknown, message?: string) => Error;

export class Disposals {
  resources: Resource[] = [];
  failed = false;
  error: unknown = undefined;
  /** What to await next. */
  $$value: unknown = undefined;

  /** `using name = value`: returns the value. */
  $$add(value: unknown, isAsync: boolean): unknown {
    if (value == null) {
      if (isAsync) this.resources.push({ value: null, isAsync, isPlain: true });
      return value;
    }
    if (typeof value !== "object" && typeof value !== "function") {
      throw new TypeError("An object is expected with `using` declarations");
    }
    const waits = isAsync ? (value as Dispose)[Symbol.asyncDispose] : undefined;
    if (typeof (waits ?? (value as Dispose)[Symbol.dispose]) !== "function") {
      throw new TypeError(`Symbol(Symbol.${isAsync ? "asyncDispose" : "dispose"}) is not a function`);
    }
    // Which method it is, and not the method: one of code that is not compiled could not be saved.
    this.resources.push({ value: value as Dispose, isAsync, isPlain: waits == null });
    return value;
  }

  /** Disposes of the last resources up to one whose end must be awaited: true when there is one. */
  $$step(): boolean {
    for (let resource = this.resources.pop(); resource; resource = this.resources.pop()) {
      this.$$value = undefined;
      try {
        const { value, isPlain } = resource;
        if (isPlain) value?.[Symbol.dispose]();
        else this.$$value = value?.[Symbol.asyncDispose]();
        if (resource.isAsync) return true;
      } catch (error) {
        this.$$fail(error);
        // A failure needs no waiting.
      }
    }
    return false;
  }

  $$fail(error: unknown): void {
    this.error = this.failed ? new SuppressedError(error, this.error, SUPPRESSED) : error;
    this.failed = true;
  }
}

const SUPPRESSED = "An error was suppressed during disposal";

export const disposals = (): Disposals => new Disposals();
