import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Int64ValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { registerSerializable } from "../graph/index.ts";
import {
  Duration,
  decodeArguments,
  decodeValue,
  encodeArguments,
  encodeValue,
  registerMessages,
} from "./index.ts";
import { anyOf, TYPE_URL } from "./types.ts";

class Point {
  readonly x: number;

  constructor(x: number) {
    this.x = x;
  }
}
registerSerializable(Point);

const back = (value: unknown) => decodeValue(encodeValue(value));

function assertSerialized(value: unknown, what: string): void {
  const any = encodeValue(value);
  assert.equal(any.typeUrl, TYPE_URL.serialized, what);
  assert.deepEqual(decodeValue(any), value, what);
}

test("what Value or a wrapper would change travels as Serialized and comes back as it was", () => {
  registerMessages(Int64ValueSchema);
  const shared = { a: 1 };
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const hole = new Array(3).fill(1);
  delete hole[1];
  const both = new Array(2).fill(1);
  delete both[1];
  Object.assign(both, { extra: 1 });
  const mixed = [1];
  Object.assign(mixed, { extra: true });
  const values: [what: string, value: unknown][] = [
    ["undefined", undefined],
    ["a small bigint", 42n],
    ["a bigint beyond 64 bits", 2n ** 63n],
    ["a bigint in a list", [1n]],
    ["undefined in a map", { a: undefined }],
    ["a hole in a list", hole],
    ["a property of a list", mixed],
    ["a hole and a property in a list", both],
    ["a symbol in a map", { [Symbol.for("s")]: 1 }],
    ["NaN in a list", [Number.NaN]],
    ["Infinity in a map", { a: Number.POSITIVE_INFINITY }],
    ["a Date in a list", [new Date(0)]],
    ["an invalid Date", new Date(Number.NaN)],
    ["a Date beyond the year 9999", new Date(8.64e15)],
    ["bytes in a list", [Uint8Array.of(1)]],
    ["other typed arrays", Float32Array.of(0.5)],
    ["a Map", new Map([[{ key: 1 }, "a"]])],
    ["a Set", new Set([1, "1"])],
    ["a value held twice", [shared, shared]],
    ["a cycle", cycle],
    ["no prototype", Object.assign(Object.create(null), { a: 1 })],
    ["half a character", "\ud800"],
    ["half a character in a list", ["\udc00"]],
    ["half a character as a key", { "\ud800": 1 }],
    ["a Duration in a list", [new Duration(1.5)]],
    ["a message in a list", [create(Int64ValueSchema, { value: 1n })]],
    ["an instance of a registered class", new Point(1)],
    ["instances in a map", { points: [new Point(1), new Point(2)] }],
    ["a RegExp", /a+/giu],
    ["a registered symbol", Symbol.for("dispatch")],
  ];
  for (const [what, value] of values) assertSerialized(value, what);
  const [one, two] = back([shared, shared]) as object[];
  assert.equal(one, two);
  const read = back(cycle) as typeof cycle;
  assert.equal(read.self, read);
  assert.ok(back(new Point(1)) instanceof Point);
  assert.equal(1 in (back(hole) as unknown[]), false);
});

test("lists and maps nested too deep for other readers travel as Serialized", () => {
  let list: unknown = [];
  let map: unknown = {};
  for (let level = 0; level < 200; level++) {
    list = [list];
    map = { map };
  }
  assertSerialized(list, "lists");
  assertSerialized(map, "maps");
});

test("what cannot be carried is refused with its path", () => {
  class Unknown {}
  const cases: [args: unknown[], message: RegExp][] = [
    [[{ user: { conn: new Socket() } }], /^arguments\[0\]\.user\.conn: cannot carry a Socket/],
    [[1, [Promise.resolve()]], /^arguments\[1\]\[0\]: cannot carry a Promise/],
    [[new Map([["k", new Unknown()]])], /^arguments\[0\]\.get\("k"\): cannot carry an? Unknown/],
    [[() => 1], /^arguments\[0\]: cannot carry a function/],
    [[Symbol("own")], /^arguments\[0\]: cannot carry a Symbol/],
    [[new (class extends Date {})()], /^arguments\[0\]: cannot carry/],
    [[new (class extends Duration {})(1)], /^arguments\[0\]: cannot carry/],
    [[new (class Bytes extends Uint8Array {})(1)], /^arguments\[0\]: cannot carry/],
  ];
  for (const [args, message] of cases) {
    assert.throws(() => encodeArguments(args), { name: "ValueError", message });
  }
});

test("an accessor is not read: its value might change with every reading", () => {
  let reads = 0;
  const value = {
    get now() {
      return ++reads;
    },
  };
  assert.throws(() => encodeValue(value), { name: "ValueError", message: /^value\.now: cannot carry/ });
  assert.equal(reads, 0);
});

test("undefined, null and no argument are told apart", () => {
  for (const args of [[], [undefined], [null], [undefined, null], [1, undefined]]) {
    assert.deepEqual(decodeArguments(encodeArguments(args)), args);
  }
});

test("an error that a value carries keeps class, message and cause", () => {
  const error = back(new RangeError("too far", { cause: { at: 7n } })) as Error;
  assert.ok(error instanceof RangeError);
  assert.equal(error.message, "too far");
  assert.deepEqual(error.cause, { at: 7n });
});

const RUNS = process.env.DISPATCH_TEST_LONG ? 10_000 : 300;

test("any data at all comes back as it was", () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    maxDepth: 3,
  });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), (args) => {
      assert.deepEqual(decodeArguments(encodeArguments(args)), args);
    }),
    { seed: 8, numRuns: RUNS },
  );
});

test("a damaged Serialized is refused or read as some value, and changes no prototype", () => {
  const value = {
    points: [new Point(1)],
    map: new Map([["__proto__", 1n]]),
    when: new Date(0),
    text: "\ud800",
  };
  const { value: wire } = encodeValue(value);
  fc.assert(
    fc.property(fc.nat({ max: wire.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const damaged = Uint8Array.from(wire);
      damaged[at]! ^= bits;
      try {
        decodeValue(anyOf(TYPE_URL.serialized, damaged));
      } catch (error) {
        assert.equal((error as Error).name, "ValueError", String(error));
      }
      assert.deepEqual(Object.keys(Object.prototype), []);
    }),
    { seed: 9, numRuns: RUNS * 4 },
  );
});
