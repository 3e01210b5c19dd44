import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { Duration, decodeValue, encodeValue } from "./index.ts";

interface Vector {
  name: string;
  decodeOnly?: boolean;
  value: unknown;
  typeUrl: string;
  value_base64: string;
  any_base64: string;
}

const vectors: Vector[] = JSON.parse(readFileSync("test/vectors/any.json", "utf8"));

/** JSON has no bigint, bytes, dates, NaN: the vectors spell them as an object with one `$` key. */
function spelled(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  const [kind, text] = Object.entries(value)[0] ?? [];
  if (kind === "$bigint") return BigInt(text);
  if (kind === "$number") return Number(text);
  if (kind === "$bytes") return new Uint8Array(Buffer.from(text, "base64"));
  if (kind === "$date") return new Date(text);
  if (kind === "$durationMs") return new Duration(text);
  return value;
}

for (const vector of vectors) {
  test(`the Python SDK's "${vector.name}" decodes to its value`, () => {
    const any = fromBinary(AnySchema, Buffer.from(vector.any_base64, "base64"));
    assert.deepEqual(decodeValue(any), spelled(vector.value));
  });

  if (vector.decodeOnly) continue;
  test(`the Python SDK's "${vector.name}" encodes back to the same bytes`, () => {
    const any = fromBinary(AnySchema, Buffer.from(vector.any_base64, "base64"));
    const again = encodeValue(decodeValue(any));
    assert.equal(again.typeUrl, vector.typeUrl);
    assert.equal(Buffer.from(again.value).toString("base64"), vector.value_base64);
    assert.equal(Buffer.from(toBinary(AnySchema, again)).toString("base64"), vector.any_base64);
  });
}
