/** The tests that a file declares, in its order, before any of them runs. */
export interface Collected {
  readonly name: string;
  readonly body: () => unknown;
  readonly before: readonly (() => unknown)[];
  readonly after: readonly (() => unknown)[];
}

let tests: Collected[] = [];
let groups: string[] = [];
let before: (() => unknown)[] = [];
let after: (() => unknown)[] = [];

export async function collect(load: () => Promise<unknown>): Promise<readonly Collected[]> {
  [tests, groups, before, after] = [[], [], [], []];
  await load();
  return tests;
}

export function test(name: string, body: () => unknown): void {
  tests.push({ name: [...groups, name].join(" > "), body, before, after });
}

export function describe(name: string, body: () => void): void {
  groups.push(name);
  body();
  groups.pop();
}

export const beforeEach = (body: () => unknown): unknown => before.push(body);
export const afterEach = (body: () => unknown): unknown => after.push(body);

export default { test, describe, beforeEach, afterEach };
