import assert from "node:assert/strict";
import { test } from "node:test";
import { expectedResult, kindOf, type PeerClient } from "./adapter.ts";
import { type ClientBurst, generateCalls } from "./generate-calls.ts";

const burst: ClientBurst = {
  function: "trivial",
  kind: "results",
  inFlight: 3,
  batch: 2,
  seconds: 0,
  firstValue: 10,
};
const right: PeerClient = {
  call: async (name, values) => values.map((value) => expectedResult(kindOf(name), value)),
  close: async () => {},
};

test("every value is used once, and what a worker should have run is counted", async () => {
  const report = await generateCalls(right, burst);
  assert.equal(report.calls, 6);
  assert.equal(report.errors, 0);
  assert.deepEqual(report.units, { name: "trivial", runs: 6, sum: 10 + 11 + 12 + 13 + 14 + 15 });
});

test("the units of a call with steps and of one with children", async () => {
  const one = { ...burst, inFlight: 1, batch: 1 };
  const steps = await generateCalls(right, { ...one, function: "steps-calls" });
  assert.deepEqual(steps.units, {
    name: "step",
    runs: 10,
    sum: 10 + 11 + 12 + 13 + 14 + 15 + 16 + 17 + 18 + 19,
  });
  const fanOut = await generateCalls(right, { ...one, function: "fanOut" });
  assert.deepEqual(fanOut.units, { name: "step", runs: 100, sum: 1_000 });
  assert.deepEqual([steps.errors, fanOut.errors], [0, 0]);
});

test("wrong results, missing results and failures are errors", async (context) => {
  const log = context.mock.method(console, "error", () => {});
  const errorsOf = async (call: NonNullable<PeerClient["call"]>) =>
    (await generateCalls({ ...right, call }, burst)).errors;
  assert.equal(await errorsOf(async (_, values) => values.map((value) => value + 1)), 6);
  assert.equal(await errorsOf(async (_, values) => values.slice(1)), 6);
  assert.equal(await errorsOf(async (_, [first]) => [first, undefined]), 3);
  assert.equal(log.mock.callCount(), 0);
  assert.equal(await errorsOf(() => Promise.reject(new Error("gone"))), 6);
  assert.equal(log.mock.callCount(), 3);
});

test("a drain submits, and ends when the peer says that nothing is left", async () => {
  const done: string[] = [];
  const client: PeerClient = {
    submit: async (_, values) => {
      done.push(...values.map(String));
    },
    drained: async (name) => {
      done.push(`drained ${name}`);
    },
    close: async () => {},
  };
  const report = await generateCalls(client, { ...burst, kind: "drain", inFlight: 1 });
  assert.deepEqual(done, ["10", "11", "drained trivial"]);
  assert.equal(report.calls, 2);
});

test("a function of no known kind is refused", async () => {
  await assert.rejects(generateCalls(right, { ...burst, function: "sleep" }), /no kind of work: sleep/);
});
