/** The part of `@jest/globals` that tests of packages use, on `node:assert`. */
import assert from "node:assert/strict";

export { afterEach, beforeEach, describe, test } from "./collected.ts";

type Class = abstract new (...args: never[]) => unknown;

export function expect(actual: unknown) {
  return {
    toBe: (expected: unknown) => assert(Object.is(actual, expected), `${actual} is not ${expected}`),
    // Jest's toEqual takes an absent property for an undefined one; no test here depends on it.
    toEqual: (expected: unknown) => assert.deepEqual(actual, expected),
    toStrictEqual: (expected: unknown) => assert.deepEqual(actual, expected),
    toBeDefined: () => assert.notEqual(actual, undefined),
    toBeUndefined: () => assert.equal(actual, undefined),
    toBeTruthy: () => assert.ok(actual),
    toBeInstanceOf: (expected: Class) => assert(actual instanceof expected, `${actual}: ${expected.name}`),
    toBeGreaterThan: (than: number) => assert((actual as number) > than, `${actual} > ${than}`),
    toBeGreaterThanOrEqual: (than: number) => assert((actual as number) >= than, `${actual} >= ${than}`),
    toBeLessThan: (than: number) => assert((actual as number) < than, `${actual} < ${than}`),
    toThrow: (expected?: Class) => throws(actual, expected),
    toThrowError: (expected?: Class) => throws(actual, expected),
  };
}

function throws(body: unknown, expected?: Class): void {
  assert.throws(body as () => unknown, (error) => expected === undefined || error instanceof expected);
}
