import assert from "node:assert/strict";
import { Socket } from "node:net";
import test from "node:test";
import { runInNewContext } from "node:vm";
import { CannotCarryError, decodeGraph, encodeGraph, GraphError } from "./index.ts";

function refused(value: unknown, message: string | RegExp, pathRoot = "arguments[0]"): void {
  assert.throws(
    () => encodeGraph(value, { pathRoot }),
    (error: unknown) => {
      assert.ok(error instanceof CannotCarryError, String(error));
      assert.equal(error.code, "CANNOT_CARRY");
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      return true;
    },
  );
}

class Account {}

test("the error names the path and the class", () => {
  refused({ user: { conn: new Socket() } }, /^arguments\[0\]\.user\.conn: cannot carry a Socket\. Make/);
  refused([1, [new Account()]], /^arguments\[0\]\[1\]\[0\]: cannot carry an Account/);
  refused({ "a key": [0, () => 1] }, 'arguments[0]["a key"][1]: cannot carry a function');
  refused({ [Symbol.for("s")]: () => 1 }, "arguments[0][Symbol(s)]: cannot carry a function");
  refused(new Map([["key", [() => 1]]]), 'arguments[0].get("key")[0]: cannot carry a function');
  refused(new Map([[1, () => 1]]), "arguments[0].get(1): cannot carry a function");
  refused(new Map([[() => 1, 1]]), "arguments[0].keys[0]: cannot carry a function");
  refused(new Set([1, () => 1]), "arguments[0].values[1]: cannot carry a function");
  refused(new Error("x", { cause: () => 1 }), "arguments[0].cause: cannot carry a function");
  refused(() => 1, "arguments[0]: cannot carry a function");
  refused(() => 1, "result: cannot carry a function", "result");
});

test("what has no form as bytes is refused, and named for what it is", () => {
  const refusals: [unknown, RegExp][] = [
    [() => 1, /a function$/],
    [async function named() {}, /a function$/],
    [Account, /a class$/],
    [Promise.resolve(), /a Promise\. Await it first$/],
    [new WeakMap(), /a WeakMap$/],
    [new WeakSet(), /a WeakSet$/],
    [new WeakRef({}), /a WeakRef$/],
    [new Proxy({}, {}), /a Proxy$/],
    [new Proxy(() => 1, {}), /a Proxy$/],
    [new Proxy([], {}), /a Proxy$/],
    [new SharedArrayBuffer(1), /a SharedArrayBuffer$/],
    [new Uint8Array(new SharedArrayBuffer(1)), /a view of a SharedArrayBuffer$/],
    [new ArrayBuffer(1, { maxByteLength: 2 }), /a resizable ArrayBuffer$/],
    [[1][Symbol.iterator](), /an Array Iterator$/],
    [new Map().entries(), /a Map Iterator$/],
    [(function* () {})(), /a Generator$/],
    [(async function* () {})(), /an AsyncGenerator$/],
    [new AbortController(), /an AbortController/],
    [new Headers(), /Headers/],
    [new Account(), /an Account/],
    [new (class extends Map {})(), /cannot carry/],
    [new (class Failure extends Error {})(), /a Failure/],
    [Object.create(Map.prototype), /a Map/],
    [Object.create({ inherited: 1 }), /an object with a prototype of its own/],
    [runInNewContext("({})"), /an object with a prototype of its own/],
    [Symbol("mine"), /a Symbol of this process alone\. Use Symbol\.for/],
    [process.stdout, /a \w+/],
    [Object(Symbol("boxed")), /a Symbol of this process alone/],
  ];
  for (const [value, message] of refusals) refused(value, message);
});

test("a module namespace is refused", async () => {
  refused(await import("./limits.ts"), /a module namespace$/);
});

test("accessors are refused, not called", () => {
  const never = () => assert.fail("was called");
  const getter = Object.defineProperty({}, "name", { get: never, enumerable: true });
  const setter = Object.defineProperty({}, "name", { set: never });
  refused({ user: getter }, "arguments[0].user.name: cannot carry an accessor (get or set)");
  refused(setter, "arguments[0].name: cannot carry an accessor (get or set)");
  refused(Object.defineProperty([1, 2], 1, { get: never }), /^arguments\[0\]\[1\]: cannot carry an accessor/);
  refused(Object.defineProperty(new Map(), "x", { get: never }), /^arguments\[0\]\.x: cannot carry/);
  refused(new Proxy({}, { get: never, ownKeys: never, getPrototypeOf: never }), /a Proxy$/);
});

test("symbols of this process alone are refused as keys and values", () => {
  refused({ a: Symbol("x") }, /^arguments\[0\]\.a: cannot carry a Symbol of this process alone/);
  refused({ [Symbol("x")]: 1 }, /^arguments\[0\]\[Symbol\(x\)\]: cannot carry a Symbol/);
  refused([Symbol("x")], /^arguments\[0\]\[0\]: /);
  refused(new Map([[Symbol("x"), 1]]), /^arguments\[0\]\[0\]: /);
});

test("limits are checked when writing", () => {
  const code = (error: unknown) => error instanceof GraphError && error.code === "LIMIT_EXCEEDED";
  assert.throws(() => encodeGraph("x".repeat(2000), { bytesMax: 1000 }), code);
  assert.throws(() => encodeGraph([[], [], []], { nodesMax: 3 }), code);
  assert.throws(() => encodeGraph([[[[]]]], { depthMax: 2 }), code);
  assert.deepEqual(decodeGraph(encodeGraph([[[]]], { depthMax: 2, nodesMax: 3 })), [[[]]]);
});

test("after a refusal the next value is written as if nothing had been", () => {
  const expected = encodeGraph({ a: "text", b: [] });
  assert.throws(() => encodeGraph({ a: "text", b: ["another text", () => 1] }));
  assert.deepEqual(encodeGraph({ a: "text", b: [] }), expected);
});

test("an error of an unregistered class may be carried as its built-in base, its name kept", () => {
  class NotFound extends TypeError {
    status = 404;
  }
  class Named extends Error {
    override name = "SpecialError";
  }
  const options = { unknownErrors: "as-base" } as const;
  const back = decodeGraph(encodeGraph([new NotFound("no"), new Named("n"), new TypeError("t")], options));
  const [notFound, named, plain] = back as [NotFound, Named, TypeError];
  assert.equal(Object.getPrototypeOf(notFound), TypeError.prototype);
  assert.equal(String(notFound), "NotFound: no");
  assert.equal(notFound.status, 404);
  assert.deepEqual(Object.keys(notFound), ["status"]);
  assert.equal(String(named), "SpecialError: n");
  assert.equal(Object.hasOwn(plain, "name"), false);
});
