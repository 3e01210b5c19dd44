import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "./entry.ts";
import { Payloads } from "./payloads.ts";
import { RecentResults } from "./recent.ts";

const PART = 300;
/** As what is read of an answer is a view of it. */
const partOf = (answer: Uint8Array, at: number) => answer.subarray(at, at + PART);

test("what is kept of an answer does not keep the answer", () => {
  const answer = new Uint8Array(1_000_000);
  const payloads = new Payloads(10_000_000);
  const entry = { payload: undefined } as unknown as Entry;
  payloads.keepInput(entry, partOf(answer, 10));
  payloads.keepState(entry, partOf(answer, 20));
  payloads.beginInbox(entry);
  const result = { correlationId: 1n, output: partOf(answer, 30), error: partOf(answer, 40) };
  payloads.keepResult(entry, { ...result, arrival: 1, callId: 2 });
  const recent = new RecentResults(10_000);
  recent.put(1, { ...result, id: "call-1", status: 1 });
  const { input, state, inbox } = entry.payload!;
  const kept = [
    input,
    state,
    inbox![0]!.output,
    inbox![0]!.error,
    recent.get(1)!.output,
    recent.get(1)!.error,
  ];
  assert.deepEqual(
    kept.map((bytes) => bytes!.buffer.byteLength),
    kept.map(() => PART),
  );
});

test("what is most of its answer is kept as it is", () => {
  const state = new Uint8Array(1_000_000).subarray(0, 900_000);
  const payloads = new Payloads(10_000_000);
  const entry = { payload: undefined } as unknown as Entry;
  payloads.keepState(entry, state);
  assert.equal(entry.payload!.state, state);
});
