import type { RetryRecord } from "../../store/index.ts";

/** What many calls share: kept once, counted, forgotten with the last. */
export interface Target {
  readonly endpoint: string;
  readonly function: string;
  readonly version: string;
  readonly retry: RetryRecord | null;
}

export class Targets {
  readonly #byKey = new Map<string, number>();
  readonly #targets: (Target | undefined)[] = [];
  readonly #keys: string[] = [];
  readonly #counts: number[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  /** The number of the target, one user more. */
  take(target: Target): number {
    const { endpoint, function: name, version, retry } = target;
    const key = `${name}\n${endpoint}\n${version}\n${retry === null ? "" : JSON.stringify(retry)}`;
    let index = this.#byKey.get(key);
    if (index === undefined) {
      index = this.#free.pop() ?? this.#targets.length;
      this.#byKey.set(key, index);
      this.#targets[index] = { endpoint, function: name, version, retry };
      this.#keys[index] = key;
      this.#counts[index] = 0;
    }
    this.#counts[index]! += 1;
    return index;
  }

  get(index: number): Target {
    return this.#targets[index]!;
  }

  /** One user less. */
  release(index: number): void {
    if ((this.#counts[index]! -= 1) > 0) return;
    this.#byKey.delete(this.#keys[index]!);
    this.#targets[index] = undefined;
    this.#free.push(index);
  }
}
