import assert from "node:assert/strict";
import { test } from "node:test";
import {
  create,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  AnySchema,
  BoolValueSchema,
  BytesValueSchema,
  DoubleValueSchema,
  DurationSchema,
  EmptySchema,
  FieldMaskSchema,
  FloatValueSchema,
  Int32ValueSchema,
  Int64ValueSchema,
  MethodSchema,
  StringValueSchema,
  TimestampSchema,
  timestampFromMs,
  UInt32ValueSchema,
  UInt64ValueSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { type Any, Duration, decodeValue, encodeValue, registerMessages, ValueError } from "./index.ts";
import { anyOf, typeNameOf, typeUrlOf } from "./types.ts";

const RUNS = process.env.DISPATCH_TEST_LONG ? 10_000 : 300;

function packed<D extends DescMessage>(schema: D, message: MessageInitShape<D>): Any {
  return anyOf(typeUrlOf(schema.typeName), toBinary(schema, create(schema, message)));
}

const typeOf = (value: unknown) => typeNameOf(encodeValue(value).typeUrl).replace("google.protobuf.", "");
const back = (value: unknown) => decodeValue(encodeValue(value));

/** Held to the generated code by type URL and bytes, and to the value by the way back. */
function assertPacked<D extends DescMessage>(value: unknown, schema: D, message: MessageInitShape<D>): void {
  const any = encodeValue(value);
  assert.deepEqual(any, packed(schema, message));
  assert.deepEqual(decodeValue(any), value);
  assert.ok(Object.is(decodeValue(any), value) || typeof value === "object");
}

test("null is Empty and booleans are BoolValue", () => {
  assertPacked(null, EmptySchema, {});
  assertPacked(true, BoolValueSchema, { value: true });
  assertPacked(false, BoolValueSchema, { value: false });
});

test("a whole number up to 2^53 is an Int64Value, any other a DoubleValue", () => {
  const edges = [
    0,
    1,
    -1,
    127,
    128,
    -128,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ];
  for (const value of edges) assertPacked(value, Int64ValueSchema, { value: BigInt(value) });
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) =>
      assertPacked(value, Int64ValueSchema, { value: BigInt(value) }),
    ),
    { seed: 1, numRuns: RUNS },
  );
  const doubles = [
    0.5,
    -0,
    2 ** 53,
    1e300,
    5e-324,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const value of doubles) assertPacked(value, DoubleValueSchema, { value });
  fc.assert(
    fc.property(fc.double({ noInteger: true }), (value) => assertPacked(value, DoubleValueSchema, { value })),
    { seed: 2, numRuns: RUNS },
  );
});

test("a bigint that a number would not hold is an Int64Value as long as it fits", () => {
  for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
    assertPacked(value, Int64ValueSchema, { value });
  }
});

test("text is a StringValue, whatever its length and script", () => {
  const texts = [
    "",
    "a",
    "\u0000",
    "\ufeffmark",
    "x".repeat(60),
    "x".repeat(61),
    "é".repeat(31),
    "🚀".repeat(100),
    "y".repeat(70_000),
  ];
  for (const value of texts) assertPacked(value, StringValueSchema, { value });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 150 }), (value) =>
      assertPacked(value, StringValueSchema, { value }),
    ),
    { seed: 3, numRuns: RUNS },
  );
});

test("bytes are a BytesValue, and come back as bytes of their own", () => {
  for (const value of [new Uint8Array(), Uint8Array.of(0, 255), new Uint8Array(70_000).fill(7)]) {
    assertPacked(value, BytesValueSchema, { value });
  }
  const buffer = Buffer.from("text");
  assert.deepEqual(back(buffer), new Uint8Array(buffer));
  const any = encodeValue(Uint8Array.of(1, 2));
  const bytes = decodeValue(any) as Uint8Array;
  bytes[0] = 9;
  assert.deepEqual(decodeValue(any), Uint8Array.of(1, 2));
});

test("a Date is a Timestamp, to the millisecond", () => {
  const edges = ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"];
  for (const ms of [0, -1, 1_719_459_192_123, ...edges.map((text) => Date.parse(text))]) {
    assertPacked(new Date(ms), TimestampSchema, timestampFromMs(ms));
  }
});

test("a Duration keeps its sign and its fractions of a millisecond", () => {
  const cases: [ms: number, seconds: bigint, nanos: number][] = [
    [0, 0n, 0],
    [3_600_250, 3_600n, 250_000_000],
    [-1_500, -1n, -500_000_000],
    [0.000_001, 0n, 1],
    [Duration.ofSeconds(315_576_000_000).milliseconds, 315_576_000_000n, 0],
  ];
  for (const [ms, seconds, nanos] of cases) {
    assertPacked(new Duration(ms), DurationSchema, { seconds, nanos });
  }
  assert.deepEqual(encodeValue(new Duration(999.999_999_9)), packed(DurationSchema, { seconds: 1n }));
  assert.deepEqual(encodeValue(new Duration(-999.999_999_9)), packed(DurationSchema, { seconds: -1n }));
});

test("a Duration is a number of milliseconds within ten thousand years", () => {
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, 315_576_000_000_001]) {
    assert.throws(() => new Duration(ms), RangeError);
  }
  assert.equal(new Duration(2_000) > new Duration(1_000), true);
  assert.equal(String(new Duration(5)), "5 ms");
});

const json = fc.letrec<{ value: unknown; list: unknown[]; map: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "grapheme" }),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }),
  map: fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "1")), tie("value"), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
}));

test("lists and maps of plain values are a Value with the generated code's bytes, and come back the same", () => {
  fc.assert(
    fc.property(fc.oneof(json.list, json.map), (value) => {
      const any = encodeValue(value);
      const generated = toBinary(ValueSchema, fromJson(ValueSchema, value as JsonValue));
      assert.deepEqual(any, anyOf(typeUrlOf("google.protobuf.Value"), generated));
      assert.deepEqual(decodeValue(any), value);
    }),
    { seed: 4, numRuns: RUNS },
  );
});

test("integers stay integers and -0 stays -0 inside lists and maps", () => {
  const value = { list: [1, -1, 2 ** 53, -0, 0.1], deep: { list: [[9_007_199_254_740_991]] } };
  assert.deepEqual(back(value), value);
  assert.equal(typeOf(value), "Value");
});

test("the order of a map's keys is kept", () => {
  const value = { z: 1, a: 2, m: { y: 1, b: 2 } };
  assert.equal(JSON.stringify(back(value)), JSON.stringify(value));
});

test("a Value nests only as deep as every implementation reads", () => {
  const nested = (depth: number, wrap: (inner: unknown) => unknown) => {
    let value: unknown = wrap(1);
    for (let level = 1; level < depth; level++) value = wrap(value);
    return value;
  };
  assert.equal(typeOf(nested(49, (inner) => [inner])), "Value");
  assert.equal(typeOf(nested(33, (inner) => ({ inner }))), "Value");
});

test("a deep Value that another writer made is read to a bound", () => {
  const nest = (depth: number) => {
    let bytes: Uint8Array = toBinary(ValueSchema, fromJson(ValueSchema, []));
    for (let level = 1; level < depth; level++) {
      // ListValue.values = bytes, then Value.list_value = that.
      for (const tag of [0x0a, 0x32]) {
        const length: number[] = [];
        for (let rest = bytes.length; ; rest >>>= 7) {
          length.push(rest > 127 ? (rest & 127) | 128 : rest);
          if (rest <= 127) break;
        }
        bytes = Uint8Array.from([tag, ...length, ...bytes]);
      }
    }
    return anyOf(typeUrlOf("google.protobuf.Value"), bytes);
  };
  assert.ok(Array.isArray(decodeValue(nest(1_000))));
  assert.throws(() => decodeValue(nest(1_002)), /nests deeper than 1000/);
});

test("keys of a received map set no prototype and run no setter", () => {
  const value = JSON.parse(`{"__proto__":{"polluted":true},"constructor":{"prototype":{}},"toString":1}`);
  const read = back(value) as object;
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  assert.deepEqual(Object.keys(read), ["__proto__", "constructor", "toString"]);
  assert.equal("polluted" in {}, false);
});

test("the other wrappers are read as numbers, safe integers as such and larger ones as bigint", () => {
  const cases: [Any, unknown][] = [
    [packed(Int32ValueSchema, { value: -7 }), -7],
    [packed(UInt32ValueSchema, { value: 4_294_967_295 }), 4_294_967_295],
    [packed(UInt64ValueSchema, { value: 7n }), 7],
    [packed(UInt64ValueSchema, { value: 2n ** 64n - 1n }), 2n ** 64n - 1n],
    [packed(FloatValueSchema, { value: 0.5 }), 0.5],
    [packed(Int64ValueSchema, { value: -(2n ** 53n) }), -(2n ** 53n)],
  ];
  for (const [any, value] of cases) assert.deepEqual(decodeValue(any), value);
});

test("the prefix of a type URL does not matter", () => {
  for (const prefix of ["", "/", "example.com/a/"]) {
    assert.equal(decodeValue(anyOf(`${prefix}google.protobuf.StringValue`, Uint8Array.of(10, 1, 97))), "a");
  }
});

test("a type that is not known is handed over and encodes back to the same bytes, from memory of its own", () => {
  const request = Uint8Array.of(1, 2, 3, 4, 5);
  for (const typeName of ["dispatch.sdk.python.v1.Pickled", "shop.v1.Order", ""]) {
    const any = anyOf(typeUrlOf(typeName), request.subarray(1, 4));
    const value = decodeValue(any);
    assert.deepEqual(encodeValue(value), any);
    assert.equal((value as Any).value.buffer.byteLength, 3);
  }
  const wire = toBinary(AnySchema, create(AnySchema, { typeUrl: "x/y.Z", value: request }));
  const again = encodeValue(decodeValue(fromBinary(AnySchema, wire)));
  assert.deepEqual(toBinary(AnySchema, again), wire);
});

test("a registered message travels as itself, one that is not is refused by name", () => {
  registerMessages(FieldMaskSchema);
  const mask = create(FieldMaskSchema, { paths: ["a", "b"] });
  const any = encodeValue(mask);
  assert.equal(any.typeUrl, "type.googleapis.com/google.protobuf.FieldMask");
  assert.deepEqual(decodeValue(any), mask);
  const method = create(MethodSchema, { name: "m" });
  assert.throws(() => encodeValue(method, "arguments[0]"), {
    name: "ValueError",
    message:
      "arguments[0]: cannot carry a google.protobuf.Method: call registerMessages with its schema first",
  });
});

test("data that only calls itself a message does no harm", () => {
  const claim = { $typeName: "google.protobuf.Any", typeUrl: 7, value: "text" };
  assert.throws(() => encodeValue(claim), ValueError);
  registerMessages(Int32ValueSchema);
  const wrapper = { $typeName: "google.protobuf.Int32Value", value: "text" };
  assert.throws(
    () => encodeValue(wrapper, "v"),
    /^ValueError: v: cannot carry a google.protobuf.Int32Value: /,
  );
});

const malformed: [what: string, typeName: string, hex: string][] = [
  ["a BoolValue of text", "google.protobuf.BoolValue", "0a0161"],
  ["a StringValue of a number", "google.protobuf.StringValue", "0801"],
  ["a StringValue cut short", "google.protobuf.StringValue", "0a0561"],
  ["a StringValue that is no UTF-8", "google.protobuf.StringValue", "0a02c328"],
  ["an Int64Value cut short", "google.protobuf.Int64Value", "0880"],
  ["an Int64Value of eleven bytes", "google.protobuf.Int64Value", "08ffffffffffffffffffff01"],
  ["a DoubleValue cut short", "google.protobuf.DoubleValue", "0900"],
  ["a BytesValue with a length of -1", "google.protobuf.BytesValue", "0affffffffffffffffff01"],
  ["an Empty that ends inside a tag", "google.protobuf.Empty", "80"],
  ["a Timestamp before the year 1", "google.protobuf.Timestamp", "0880e2fe8b9afdffff0110"],
  ["a Timestamp after the year 9999", "google.protobuf.Timestamp", "08ffffffffffffff7f"],
  ["a Timestamp with too many nanos", "google.protobuf.Timestamp", "108094ebdc03"],
  ["a Duration out of range", "google.protobuf.Duration", "08ffffffffffffff7f"],
  ["a Duration of two signs", "google.protobuf.Duration", "080110ffffffffffffffffff01"],
  ["a Value that is nothing", "google.protobuf.Value", ""],
  ["a list of nothing", "google.protobuf.Value", "32020a00"],
  ["a map entry without a value", "google.protobuf.Value", "2a050a030a0161"],
  ["a list longer than its Value", "google.protobuf.Value", "32050a02"],
  ["a Value whose number is text", "google.protobuf.Value", "120161"],
  ["a Serialized that is no graph", "dispatch.sdk.node.v1.Serialized", "0a03010203"],
  ["a registered message that is cut short", "google.protobuf.FieldMask", "0a05"],
];

test("bytes that are not what their type says are refused, naming the type", () => {
  registerMessages(FieldMaskSchema);
  for (const [what, typeName, hex] of malformed) {
    assert.throws(
      () => decodeValue(anyOf(typeUrlOf(typeName), Buffer.from(hex, "hex"))),
      (error: Error) =>
        error instanceof ValueError && error.message.startsWith(`cannot read a ${typeName}: `),
      what,
    );
  }
});

const KINDS: [schema: DescMessage, read: (message: never) => unknown][] = [
  [BoolValueSchema, ({ value }: { value: boolean }) => value],
  [Int32ValueSchema, ({ value }: { value: number }) => value],
  [UInt32ValueSchema, ({ value }: { value: number }) => value],
  [Int64ValueSchema, ({ value }: { value: bigint }) => value],
  [UInt64ValueSchema, ({ value }: { value: bigint }) => value],
  [DoubleValueSchema, ({ value }: { value: number }) => value],
  [FloatValueSchema, ({ value }: { value: number }) => value],
  [StringValueSchema, ({ value }: { value: string }) => value],
  [BytesValueSchema, ({ value }: { value: Uint8Array }) => value],
];

test("random bytes of any type are read as the generated code reads them, or refused with a ValueError", () => {
  const names = [
    ...KINDS.map(([schema]) => schema.typeName),
    "google.protobuf.Empty",
    "google.protobuf.Timestamp",
  ];
  const others = ["google.protobuf.Duration", "google.protobuf.Value", "dispatch.sdk.node.v1.Serialized"];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(fc.constantFrom(8, 9, 10, 13, 16, 18, 26, 34, 42, 50), fc.uint8Array({ maxLength: 24 }))
      .map(([tag, rest]) => Uint8Array.from([tag, rest.length, ...rest])),
  );
  fc.assert(
    fc.property(fc.constantFrom(...names, ...others), bytes, (typeName, wire) => {
      let value: unknown;
      try {
        value = decodeValue(anyOf(typeUrlOf(typeName), wire));
      } catch (error) {
        assert.ok(error instanceof ValueError, String(error));
        return;
      }
      const kind = KINDS.find(([schema]) => schema.typeName === typeName);
      if (kind === undefined) return;
      const generated = kind[1](fromBinary(kind[0], wire) as never);
      assert.deepEqual(typeof generated === "bigint" ? BigInt(value as number) : value, generated);
    }),
    { seed: 6, numRuns: RUNS * 10 },
  );
});
