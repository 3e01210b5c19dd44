import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NEVER_MS } from "../../store/index.ts";
import type { Call } from "../call/call.ts";
import { rootCall } from "../call/children.ts";
import { Sleepers } from "./sleepers.ts";
import { Targets } from "./targets.ts";

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const time = fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constant(NEVER_MS));
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const calls: fc.Arbitrary<Call> = fc
  .record({
    id,
    parentId: fc.oneof(fc.constant(0), id),
    rootId: id,
    parentGeneration: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    correlationId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    endpoint: fc.constantFrom("http://a", "http://b"),
    function: fc.constantFrom("f", "g"),
    version: fc.constantFrom("", "v1"),
    retry: fc.constantFrom(null, { attemptsMax: 3 }),
    trace: fc.option(fc.string({ minLength: 1 })),
    createdAtMs: time,
    expiresAtMs: time,
    wakeAtMs: time,
    priority: fc.integer({ min: -100, max: 100 }),
    state: fc.constantFrom("suspended" as const, "delayed" as const),
    stateKind: fc.constantFrom("none" as const, "typed" as const, "bytes" as const),
    attempt: count,
    failures: count,
    generation: count,
    restarts: count,
    minResults: fc.integer({ min: 1, max: 1000 }),
    maxResults: fc.integer({ min: 1, max: 1000 }),
    consumed: count,
    arrivals: count,
    outstanding: count,
    children: count,
  })
  .map((fields) => ({
    ...fields,
    pollError: null,
    runActive: false,
    delivering: 0,
    ending: "cancelled" as const,
  }));

test("a call comes back from sleep as it was, with nothing added and nothing lost", () => {
  const sleepers = new Sleepers();
  fc.assert(
    fc.property(fc.array(calls, { minLength: 1, maxLength: 20 }), (many) => {
      const slots = many.map((call) => sleepers.put(call));
      assert.deepEqual(
        slots.map((slot) => sleepers.read(slot)),
        many,
      );
      assert.deepEqual(
        slots.toReversed().map((slot) => sleepers.take(slot)),
        many.toReversed(),
      );
      assert.equal(sleepers.size, 0);
      assert.equal(sleepers.timers.size, 0);
    }),
    { seed: 4, numRuns: 200 },
  );
});

test("a row has every field that a call has", () => {
  const call: Call = {
    ...rootCall(
      1,
      {
        correlationId: 0n,
        endpoint: "http://a",
        function: "f",
        version: "",
        expirationMs: undefined,
        delayMs: 5,
        priority: undefined,
        retry: null,
        trace: null,
      },
      1000,
    ),
    state: "delayed",
  };
  const sleepers = new Sleepers();
  assert.deepEqual(sleepers.take(sleepers.put(call)), call);
});

test("only calls that wait for nothing but time and results go to sleep", () => {
  const call = fc.sample(calls, { seed: 1, numRuns: 1 })[0]!;
  assert.ok(Sleepers.accepts(call));
  assert.ok(!Sleepers.accepts({ ...call, state: "ready" }));
  assert.ok(!Sleepers.accepts({ ...call, runActive: true }));
  assert.ok(!Sleepers.accepts({ ...call, pollError: new Uint8Array(1) }));
});

test("what calls share is forgotten with the last of them", () => {
  const targets = new Targets();
  const target = { endpoint: "http://a", function: "f", version: "", retry: null };
  const first = targets.take(target);
  assert.equal(targets.take({ ...target }), first);
  const other = targets.take({ ...target, retry: { attemptsMax: 1 } });
  assert.notEqual(other, first);
  targets.release(first);
  assert.equal(targets.size, 2);
  targets.release(first);
  targets.release(other);
  assert.equal(targets.size, 0);
  assert.ok([first, other].includes(targets.take(target)));
});
