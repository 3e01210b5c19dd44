/**
 * Lets a few lines of each kind through in a second and counts the others: a flood from outside must not become a
 * flood in the log, which would cost more than refusing the requests does.
 */
export class LineLimit {
  readonly #perSecond: number;
  readonly #summary: (kind: string, count: number) => void;
  readonly #afterSecond: (flush: () => void) => void;
  readonly #seen = new Map<string, number>();

  /**
   * @param perSecond lines of one kind that are let through
   * @param summary told at the end of a second, for each kind, how many were not
   * @param afterSecond calls the function a second later; for tests. Default: a timer that keeps nothing alive
   */
  constructor(
    perSecond: number,
    summary: (kind: string, count: number) => void,
    afterSecond: (flush: () => void) => void = (flush) => void setTimeout(flush, 1_000).unref(),
  ) {
    this.#perSecond = perSecond;
    this.#summary = summary;
    this.#afterSecond = afterSecond;
  }

  /** Whether this line is to be written. */
  allows(kind: string): boolean {
    if (this.#seen.size === 0) this.#afterSecond(() => this.#flush());
    const count = (this.#seen.get(kind) ?? 0) + 1;
    this.#seen.set(kind, count);
    return count <= this.#perSecond;
  }

  #flush(): void {
    for (const [kind, count] of this.#seen) {
      if (count > this.#perSecond) this.#summary(kind, count - this.#perSecond);
    }
    this.#seen.clear();
  }
}

/** Lines of one kind in a second that strangers or a faulty function can cause. */
export const LINES_PER_SECOND = 10;
