/**
 * Takes the entries of a Map or Set from the oldest on. Iterating from the start each time walks over the gaps that all
 * deleted entries left, up to half the table: among 60,000 that is 15 µs. An iterator that is kept goes on where it was.
 */
export class Oldest<T> {
  readonly #entries: Iterable<T>;
  #iterator: Iterator<T> | undefined;

  constructor(entries: Iterable<T>) {
    this.#entries = entries;
  }

  /** The oldest entry that was not given yet, which the caller deletes; undefined when there is none. */
  next(): T | undefined {
    this.#iterator ??= this.#entries[Symbol.iterator]();
    const { value, done } = this.#iterator.next();
    if (!done) return value;
    this.#iterator = undefined;
    return undefined;
  }
}
