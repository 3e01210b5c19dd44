import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConnectError } from "../../wire/connect-error.ts";
import {
  call,
  readDispatchRequest,
  writeDispatchRequest,
  writeDispatchResponse,
} from "../../wire/hot-path/index.ts";
import { Coalescer } from "./coalescer.ts";
import { PendingUnit } from "./pending.ts";
import { sendUnits } from "./send.ts";

/** Units of calls named by their unit and place; a bad unit has one call whose name says so. */
function unitsOf(sizes: readonly { calls: number; bad: boolean }[]): PendingUnit[] {
  return sizes.map(({ calls, bad }, unit) => {
    const names = Array.from({ length: calls }, (_, i) =>
      bad && i === calls - 1 ? `bad${unit}` : `u${unit}c${i}`,
    );
    const request = writeDispatchRequest({ calls: names.map((name) => call({ function: name })) });
    return new PendingUnit(request, calls, undefined);
  });
}

/** An API that refuses a batch whole for its first bad call, naming it or not, truly or not. */
function strictApi(naming: "right" | "wrong" | "none") {
  const recorded: string[] = [];
  let requests = 0;
  const post = async (bytes: Uint8Array) => {
    requests++;
    const names = readDispatchRequest(bytes).calls.map((one) => one.function);
    const bad = names.findIndex((name) => name.startsWith("bad"));
    if (bad >= 0) {
      const index = naming === "right" ? bad : (bad + 1) % (names.length + 2);
      const where = naming === "none" ? "" : `calls[${index}].function: `;
      throw new ConnectError("invalid_argument", `${where}${names[bad]} is refused`);
    }
    recorded.push(...names);
    return writeDispatchResponse({ dispatchIds: names.map((name) => `id-${name}`) });
  };
  return { post, recorded, requests: () => requests };
}

test("whatever is refused, each unit gets its own ids or its own error, and good calls are recorded once, in order", async () => {
  const unit = fc.record({ calls: fc.integer({ min: 1, max: 4 }), bad: fc.boolean() });
  const naming = fc.constantFrom("right" as const, "wrong" as const, "none" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(unit, { maxLength: 40 }), naming, async (sizes, how) => {
      const api = strictApi(how);
      const units = unitsOf(sizes);
      const settled = Promise.allSettled(units.map((one) => one.ids));
      await sendUnits(units, api.post);
      const expected: string[] = [];
      for (const [i, one] of (await settled).entries()) {
        const { calls, bad } = sizes[i]!;
        const names = Array.from({ length: calls }, (_, c) => `u${i}c${c}`);
        if (bad)
          assert.match(String((one as PromiseRejectedResult).reason), new RegExp(`bad${i} is refused`));
        else {
          expected.push(...names);
          assert.deepEqual(
            (one as PromiseFulfilledResult<string[]>).value,
            names.map((name) => `id-${name}`),
          );
        }
      }
      assert.deepEqual(api.recorded, expected);
      assert.ok(api.requests() <= Math.max(1, 3 * sizes.length), `${api.requests()} requests`);
    }),
    { seed: 11, numRuns: 200 },
  );
});

test("a unit that was given up meanwhile is not sent again with the others", async () => {
  const api = strictApi("none");
  const units = unitsOf([
    { calls: 1, bad: false },
    { calls: 1, bad: true },
    { calls: 1, bad: false },
  ]);
  const settled = Promise.allSettled(units.map((one) => one.ids));
  let first = true;
  await sendUnits(units, (bytes) => {
    if (first) units[0]!.reject(new Error("given up"));
    first = false;
    return api.post(bytes);
  });
  await settled;
  assert.deepEqual(api.recorded, ["u2c0"]);
});

test("batches hold to their limits, keep the order, and everything is sent", async () => {
  const unit = fc.record({ calls: fc.integer({ min: 1, max: 8 }), bytes: fc.integer({ min: 1, max: 120 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(unit, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (units, requestsMax) => {
        const batches: (typeof units)[] = [];
        let sending = 0;
        const limits = { batchCallsMax: 10, batchBytesMax: 100, lingerMs: 0, requestsMax };
        const coalescer = new Coalescer<(typeof units)[number]>(limits, async (batch) => {
          assert.ok(++sending <= requestsMax);
          batches.push([...batch]);
          await new Promise((resolve) => setImmediate(resolve));
          sending--;
        });
        for (const one of units) coalescer.add(one);
        await coalescer.flush();
        assert.deepEqual(batches.flat(), units);
        assert.equal(coalescer.queuedBytes, 0);
        for (const batch of batches) {
          const calls = batch.reduce((sum, one) => sum + one.calls, 0);
          const bytes = batch.reduce((sum, one) => sum + one.bytes, 0);
          assert.ok(batch.length === 1 || (calls <= 10 && bytes <= 100), JSON.stringify(batch));
        }
      },
    ),
    { seed: 12, numRuns: 100 },
  );
});

test("what is taken back is not sent, and a flush does not wait for it", async () => {
  const sent: object[] = [];
  const limits = { batchCallsMax: 10, batchBytesMax: 100, lingerMs: 1000, requestsMax: 1 };
  const coalescer = new Coalescer(limits, async (batch) => {
    sent.push(...batch);
  });
  const [kept, gone] = [
    { calls: 1, bytes: 1 },
    { calls: 1, bytes: 1 },
  ];
  coalescer.add(kept);
  coalescer.add(gone);
  assert.equal(coalescer.remove(gone), true);
  assert.equal(coalescer.remove(gone), false);
  await coalescer.flush();
  assert.deepEqual(sent, [kept]);
  await coalescer.flush();
});
