/** Counts the runs of functions in the process that runs them, to be held against what the client asked for. */

/** Runs by function; the sum of their arguments shows that each ran for each value once. */
export type TallyAnswer = Record<string, { runs: number; sum?: number }>;

export class Tally {
  readonly #counts = new Map<string, { runs: number; sum: number }>();

  /** Notes one run. @returns the value, for use in an expression */
  run(name: string, value: number): number {
    const count = this.#counts.get(name) ?? { runs: 0, sum: 0 };
    count.runs += 1;
    count.sum += value;
    this.#counts.set(name, count);
    return value;
  }

  answer(): TallyAnswer {
    return Object.fromEntries([...this.#counts].map(([name, count]) => [name, { ...count }]));
  }
}

/** What a burst should have added. */
export interface Expected {
  /** Function that is counted: the smallest unit of the work. */
  name: string;
  runs: number;
  sum: number;
}

export interface TallyCheck {
  runs: number;
  /** Runs too few or too many; when their number is right and the sum of arguments is not, 1. */
  errors: number;
}

export function checkTally(before: TallyAnswer, after: TallyAnswer, expected: Expected): TallyCheck {
  const of = (answer: TallyAnswer) => answer[expected.name] ?? { runs: 0, sum: 0 };
  const runs = of(after).runs - of(before).runs;
  const missing = Math.abs(runs - expected.runs);
  const [sumBefore, sumAfter] = [of(before).sum ?? 0, of(after).sum];
  const sumWrong = sumAfter !== undefined && sumAfter - sumBefore !== expected.sum;
  return { runs, errors: missing === 0 && sumWrong ? 1 : missing };
}
