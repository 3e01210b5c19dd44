import type { Status } from "../../wire/status.ts";

// biome-ignore lint/suspicious/noExplicitAny: a class is matched by its instances, whatever its constructor takes
export type Class<T> = abstract new (...args: any[]) => T;

/** Decides per value; undefined leaves the decision to the rules that would apply without the registration. */
export type StatusHandler<T> = (value: T) => Status | undefined;

/**
 * Classes with the status that their instances stand for. A subclass is covered by its nearest registered
 * ancestor; registering a class again replaces what was registered.
 */
export class StatusRegistrations {
  readonly #rules = new Map<object, Status | StatusHandler<never>>();

  register<T>(type: Class<T>, rule: Status | StatusHandler<T>): void {
    if (typeof type !== "function" || typeof type.prototype !== "object") {
      throw new TypeError("a status can be registered for a class only");
    }
    this.#rules.set(type.prototype, rule);
  }

  /** A handler that throws has no say: it must not hide the failure it was asked about. */
  find(value: object): Status | undefined {
    if (this.#rules.size === 0) return undefined;
    let prototype = Object.getPrototypeOf(value) as object | null;
    for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
      const rule = this.#rules.get(prototype);
      if (rule === undefined) continue;
      if (typeof rule !== "function") return rule;
      try {
        const status = rule(value as never);
        if (status !== undefined) return status;
      } catch {}
    }
    return undefined;
  }
}
