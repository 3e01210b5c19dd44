import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { ConnectError } from "./connect-error.ts";
import { bytesOfJson, jsonOfBytes } from "./connect-json.ts";
import { DispatchRequestSchema, DispatchResponseSchema } from "./gen/dispatch/sdk/v1/dispatch_pb.js";
import { RunRequestSchema, RunResponseSchema } from "./gen/dispatch/sdk/v1/function_pb.js";
import { readAny, readRunRequest, readRunResponse } from "./hot-path/index.ts";
import { exitWith } from "./hot-path/test-messages.ts";
import { decodeValue, encodeValue } from "./values/index.ts";
import { anyOf } from "./values/types.ts";

const SCHEMAS = [RunRequestSchema, RunResponseSchema, DispatchRequestSchema, DispatchResponseSchema];
const utf8 = (text: string) => new TextEncoder().encode(text);

function assertConnectError(code: string, message: RegExp, body: () => unknown): void {
  assert.throws(body, (error) => {
    assert.ok(error instanceof ConnectError, String(error));
    assert.equal(error.code, code);
    assert.match(error.rawMessage, message);
    return true;
  });
}

const vectors: { name: string; type: string; base64: string }[] = JSON.parse(
  readFileSync("test/vectors/messages.json", "utf8"),
);

for (const vector of vectors) {
  test(`the Python SDK's "${vector.name}" survives the way through JSON`, () => {
    const schema = SCHEMAS.find((one) => one.typeName === vector.type)!;
    const json = jsonOfBytes(schema, Buffer.from(vector.base64, "base64"));
    assert.equal(Buffer.from(bytesOfJson(schema, utf8(json))).toString("base64"), vector.base64);
  });
}

test("a request as a person writes it is read", () => {
  const json = `{
    "function": "greet",
    "input": { "@type": "type.googleapis.com/google.protobuf.Value", "value": { "name": "Ada", "tags": [1, null] } },
    "creationTime": "2024-06-27T03:33:12.123Z",
    "comment": "fields that are not known are ignored"
  }`;
  const request = readRunRequest(bytesOfJson(RunRequestSchema, utf8(json)));
  assert.equal(request.function, "greet");
  assert.deepEqual(request.creationTime, { seconds: 1_719_459_192, nanos: 123_000_000 });
  assert.deepEqual(decodeValue(readAny(request.input!)), { name: "Ada", tags: [1, null] });
});

test("every value that travels as a well-known type has a JSON form, and the same value comes back", () => {
  const values = [null, true, 1, 2n ** 60n, 0.5, "text", Uint8Array.of(1), new Date(0), [1, { a: [] }], {}];
  for (const value of values) {
    const json = jsonOfBytes(RunResponseSchema, exitWith(encodeValue(value)));
    const response = readRunResponse(bytesOfJson(RunResponseSchema, utf8(json)));
    assert.deepEqual(decodeValue(readAny(response.exit!.result!.output!)), value);
  }
});

test("what Python pickled keeps its bytes", () => {
  const pickled = anyOf(
    "buf.build/stealthrocket/dispatch-proto/dispatch.sdk.python.v1.Pickled",
    Uint8Array.of(0x0a, 2, 0x80, 4),
  );
  const json = jsonOfBytes(RunResponseSchema, exitWith(pickled));
  assert.match(json, /"pickledValue":"gAQ="/);
  const response = readRunResponse(bytesOfJson(RunResponseSchema, utf8(json)));
  assert.deepEqual(readAny(response.exit!.result!.output!).value, pickled.value);
});

test("JSON that is not the message is invalid_argument, with what is wrong", () => {
  const cases: [json: string, message: RegExp][] = [
    ["", /Unexpected end of JSON input/],
    ["{", /position 1/],
    ["[]", /RunRequest/],
    ["null", /RunRequest/],
    [`{"function":1}`, /RunRequest\.function from JSON: expected string/],
    [`{"input":{},"pollResult":{}}`, /directive from JSON: oneof set multiple times/],
    [`{"function":"a","function":"b"}`, /duplicate object key/],
    [
      `{"input":{"@type":"type.googleapis.com/shop.Order","id":1}}`,
      /shop\.Order is not in the type registry/,
    ],
    [`{"input":{"@type":7}}`, /@type/],
    [`{"creationTime":"yesterday"}`, /Timestamp/],
    [`{"pollResult":{"results":[{"correlationId":"-1"}]}}`, /correlation_id/],
    [
      `{"input":{"@type":"type.googleapis.com/google.protobuf.Value","value":${"[".repeat(1_000)}${"]".repeat(1_000)}}}`,
      /maximum recursion depth/,
    ],
  ];
  for (const [json, message] of cases) {
    assertConnectError("invalid_argument", message, () => bytesOfJson(RunRequestSchema, utf8(json)));
  }
  assertConnectError("invalid_argument", /./, () => bytesOfJson(RunRequestSchema, Uint8Array.of(0xc3, 0x28)));
});

test("keys of a received map set no prototype", () => {
  const json = `{"input":{"@type":"type.googleapis.com/google.protobuf.Value","value":{"__proto__":{"polluted":true}}}}`;
  const request = readRunRequest(bytesOfJson(RunRequestSchema, utf8(json)));
  const value = decodeValue(readAny(request.input!)) as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal("polluted" in {}, false);
});

test("what has no JSON form is unimplemented, and says what to ask for instead", () => {
  const unknown = exitWith(anyOf("type.googleapis.com/shop.Order", Uint8Array.of(8, 1)));
  assertConnectError("unimplemented", /ask for application\/proto: .*shop\.Order/, () =>
    jsonOfBytes(RunResponseSchema, unknown),
  );
  // google.protobuf.Value with a number_value of NaN.
  const nan = exitWith(
    anyOf("type.googleapis.com/google.protobuf.Value", Uint8Array.of(0x11, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f)),
  );
  assertConnectError("unimplemented", /application\/proto/, () => jsonOfBytes(RunResponseSchema, nan));
});

test("bytes that are not the message are our own error", () => {
  assertConnectError("internal", /^malformed RunResponse$/, () =>
    jsonOfBytes(RunResponseSchema, Uint8Array.of(0x12, 9)),
  );
});

test("random JSON is read, or refused with a ConnectError", () => {
  const keys = fc.constantFrom(
    "function",
    "input",
    "pollResult",
    "results",
    "@type",
    "value",
    "creationTime",
    "error",
  );
  const leaf = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "type.googleapis.com/google.protobuf.Value",
      "type.googleapis.com/google.protobuf.Any",
      "\ud800",
    ),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("json"), { maxLength: 3 }), tie("map")),
    map: fc.dictionary(keys, tie("json"), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(fc.constantFrom(...SCHEMAS), json, (schema, value) => {
      try {
        bytesOfJson(schema, utf8(JSON.stringify(value)));
      } catch (error) {
        assert.ok(error instanceof ConnectError, String(error));
      }
    }),
    { seed: 5, numRuns: process.env.DISPATCH_TEST_LONG ? 20_000 : 500 },
  );
});
