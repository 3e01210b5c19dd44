import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { WaitManyRequestSchema, WaitManyResponseSchema } from "../gen/dispatch/control/v1/control_pb.js";
import { generatedRead, generatedResult, results, times } from "./test-messages.ts";
import { readWaitManyRequest, readWaitManyResponse, writeWaitManyRequest } from "./wait-many.ts";

const ids = fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 5 });

test("WaitManyRequest is written and read as the generated code does", () => {
  fc.assert(
    fc.property(ids, fc.option(times, { nil: undefined }), (dispatchIds, timeout) => {
      const written = writeWaitManyRequest({ dispatchIds, timeout });
      const message = create(WaitManyRequestSchema, {
        dispatchIds,
        ...(timeout && { timeout: { seconds: BigInt(timeout.seconds), nanos: timeout.nanos } }),
      });
      assert.deepEqual(Buffer.from(written), Buffer.from(toBinary(WaitManyRequestSchema, message)));
      assert.deepEqual(generatedRead(WaitManyRequestSchema, written), message);
      assert.deepEqual(readWaitManyRequest(written), { dispatchIds, timeout });
    }),
    { seed: 4, numRuns: 300 },
  );
});

test("WaitManyResponse is read as the generated code writes it", () => {
  fc.assert(
    fc.property(fc.array(results, { maxLength: 4 }), ids, (expected, unknownDispatchIds) => {
      const message = create(WaitManyResponseSchema, {
        results: expected.map(generatedResult),
        unknownDispatchIds,
      });
      const read = readWaitManyResponse(toBinary(WaitManyResponseSchema, message));
      assert.deepEqual(read.unknownDispatchIds, unknownDispatchIds);
      assert.deepEqual(read.results.map(generatedResult), expected.map(generatedResult));
    }),
    { seed: 4, numRuns: 300 },
  );
});

test("fields of later versions are skipped, and bytes that are no message refused", () => {
  const later = Buffer.from([0xba, 0x3e, 2, 1, 2]);
  assert.deepEqual(readWaitManyRequest(later), { dispatchIds: [], timeout: undefined });
  assert.deepEqual(readWaitManyResponse(later), { results: [], malformed: [], unknownDispatchIds: [] });
  for (const bytes of [
    [10, 2, 65],
    [8, 1],
    [10, 1, 0xff],
    [18, 3, 8, 1],
  ]) {
    assert.throws(() => readWaitManyRequest(Uint8Array.from(bytes)), /malformed WaitManyRequest/);
  }
  assert.throws(() => readWaitManyResponse(Uint8Array.of(10, 3, 34, 9, 65)), /malformed WaitManyResponse/);
});

test("a result that is none is told apart from the others", () => {
  const result = (...fields: number[]) => [10, fields.length, ...fields];
  const bytes = Uint8Array.from([
    ...result(34, 1, 97),
    ...result(26, 4, 10, 2, 0xff, 0xfe, 34, 1, 98),
    ...result(18, 2, 10, 200, 34, 1, 99),
    ...result(8, 1, 34, 1, 100),
    ...[18, 1, 101],
  ]);
  const { results, malformed, unknownDispatchIds } = readWaitManyResponse(bytes);
  assert.deepEqual(
    results.map(({ dispatchId }) => dispatchId),
    ["a", "d"],
  );
  assert.deepEqual(
    malformed.map(({ dispatchId, error }) => [dispatchId, error.message]),
    [
      ["b", "malformed CallResult: The encoded data was not valid for encoding utf-8"],
      ["c", "malformed CallResult: a field reaches beyond its message"],
    ],
  );
  assert.deepEqual(unknownDispatchIds, ["e"]);
});
