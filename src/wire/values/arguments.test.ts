import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ArgumentsSchema } from "../gen/dispatch/sdk/node/v1/values_pb.js";
import { decodeArguments, decodeValue, encodeArguments, encodeValue, ValueError } from "./index.ts";
import { anyOf, TYPE_URL } from "./types.ts";

test("one argument is its plain Any", () => {
  for (const value of [null, 1, "text", [1, 2], { a: 1 }]) {
    assert.deepEqual(encodeArguments([value]), encodeValue(value));
    assert.deepEqual(decodeArguments(encodeArguments([value])), [value]);
  }
});

test("none or several arguments are an Arguments message, as the generated code writes it", () => {
  for (const args of [[], [1, "two"], [null, false, [], "x".repeat(300)]]) {
    const any = encodeArguments(args);
    const message = create(ArgumentsSchema, { values: args.map((value) => encodeValue(value)) });
    assert.deepEqual(any, anyOf(TYPE_URL.arguments, toBinary(ArgumentsSchema, message)));
    assert.deepEqual(decodeArguments(any), args);
  }
});

test("no argument and null are told apart, and an absent input is no argument", () => {
  assert.deepEqual(decodeArguments(encodeArguments([])), []);
  assert.deepEqual(decodeArguments(encodeArguments([null])), [null]);
  assert.deepEqual(decodeArguments(undefined), []);
});

test("an Any of Arguments that is passed on as one argument stays one", () => {
  const list = decodeValue(encodeArguments([1, 2]));
  assert.deepEqual(decodeArguments(encodeArguments([list])), [list]);
});

test("an argument that cannot be carried is named", () => {
  assert.throws(() => encodeArguments([1, Promise.resolve()]), {
    name: "ValueError",
    message: /^arguments\[1\]: cannot/,
  });
  assert.throws(() => encodeArguments([{ user: { conn: Promise.resolve() } }]), {
    name: "ValueError",
    message: /^arguments\[0\]/,
  });
});

test("more arguments than a function takes are refused on both sides", () => {
  assert.throws(() => encodeArguments(new Array(10_001).fill(1)), ValueError);
  const many = anyOf(TYPE_URL.arguments, Buffer.from("0a00".repeat(10_001), "hex"));
  assert.throws(() => decodeArguments(many), /more than 10000/);
});

test("malformed arguments are refused", () => {
  for (const hex of ["0a05", "0801", "0a030a0561", "0a020801", "80", "0a040a02c328"]) {
    const input = anyOf(TYPE_URL.arguments, Buffer.from(hex, "hex"));
    assert.throws(() => decodeArguments(input), ValueError, hex);
  }
});

test("random bytes are arguments or a ValueError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeArguments(anyOf(TYPE_URL.arguments, bytes));
      } catch (error) {
        assert.ok(error instanceof ValueError, String(error));
      }
    }),
    { seed: 7, numRuns: process.env.DISPATCH_TEST_LONG ? 20_000 : 1_000 },
  );
});
