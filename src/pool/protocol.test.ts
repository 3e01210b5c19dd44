import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnswerBatch, decodeAnswers, decodeRuns, encodeRuns, ID_COUNT } from "./protocol.ts";

const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true });
const bytes = fc.uint8Array({ maxLength: 40 });
const id = fc.integer({ min: 0, max: ID_COUNT - 1 });
const seat = fc.integer({ min: 0, max: 1_000_000 });
const micros = fc.integer({ min: 0, max: 0xffff_ffff });

test("runs arrive as they were sent", () => {
  fc.assert(
    fc.property(fc.array(record({ id, seat, isHeavy: fc.boolean(), request: bytes })), (runs) => {
      const size = runs.reduce((sum, run) => sum + run.request.length, 0);
      const batch = encodeRuns(
        runs.map((run) => ({ ...run, fn: run })),
        size,
      );
      assert.equal(batch.buffer.byteLength, batch.length);
      assert.deepEqual(decodeRuns(structuredClone(batch)), runs);
    }),
    { seed: 7 },
  );
});

test("answers arrive as they were sent, and a batch starts anew when it was taken", () => {
  const answer = record({ id, seat, durationMicros: micros, computingMicros: micros, response: bytes });
  fc.assert(
    fc.property(fc.array(answer), fc.array(answer), (first, second) => {
      const batch = new AnswerBatch();
      for (const answers of [first, second]) {
        for (const one of answers) batch.add(one);
        assert.equal(batch.size, answers.length);
        assert.deepEqual(decodeAnswers(structuredClone(batch.take())), answers);
      }
    }),
    { seed: 7 },
  );
});
