// The part of `@jest/globals` that tests of packages use, on `node:assert`. Compiled with them: matchers are held
// across the await in `expect(x).toBe(await y)`.
import assert from "node:assert/strict";

export { afterEach, beforeEach, describe, test } from "./collected.ts";

export function expect(actual) {
  return {
    toBe: (expected) => assert(Object.is(actual, expected), `${actual} is not ${expected}`),
    // Jest's toEqual takes an absent property for an undefined one; no test here depends on it.
    toEqual: (expected) => assert.deepEqual(actual, expected),
    toStrictEqual: (expected) => assert.deepEqual(actual, expected),
    toBeDefined: () => assert.notEqual(actual, undefined),
    toBeUndefined: () => assert.equal(actual, undefined),
    toBeTruthy: () => assert.ok(actual),
    toBeInstanceOf: (expected) => assert(actual instanceof expected, `${actual}: ${expected.name}`),
    toBeGreaterThan: (than) => assert(actual > than, `${actual} > ${than}`),
    toBeGreaterThanOrEqual: (than) => assert(actual >= than, `${actual} >= ${than}`),
    toBeLessThan: (than) => assert(actual < than, `${actual} < ${than}`),
    toThrow: (expected) => throws(actual, expected),
    toThrowError: (expected) => throws(actual, expected),
  };
}

function throws(body, expected) {
  assert.throws(body, (error) => expected === undefined || error instanceof expected);
}
