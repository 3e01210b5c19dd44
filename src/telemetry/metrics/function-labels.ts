/** Names of functions as labels: those that are not served here come from callers, who can invent them without end. */

/** No function can be named so. */
export const OTHER_FUNCTIONS = "(other)";

const FOREIGN_MAX = 1_000;

export class FunctionLabels {
  readonly #isServed: (name: string) => boolean;
  readonly #foreign = new Set<string>();

  constructor(isServed: (name: string) => boolean) {
    this.#isServed = isServed;
  }

  /** The name, for functions served here and for the first thousand others. */
  labelOf(name: string): string {
    if (this.#foreign.has(name) || this.#isServed(name)) return name;
    if (this.#foreign.size >= FOREIGN_MAX) return OTHER_FUNCTIONS;
    this.#foreign.add(name);
    return name;
  }
}
