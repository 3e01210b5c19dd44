/**
 * What every store must do, as tests. A backend wires it in a few lines:
 *
 *     storeConformance("sqlite", async () => { …; return { store, cleanUp } });
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, StoreSession } from "../contract.ts";
import { StoreError, type StoreErrorCode } from "../errors.ts";
import { bytes, finished, fullRecord, inserted, largeBytes, record } from "./fixtures.ts";
import { listingConformance } from "./listing.ts";

export interface ConformanceSubject {
  readonly store: Store;
  readonly cleanUp: () => Promise<void>;
}

export type ConformanceSetup = () => Promise<ConformanceSubject>;

/** Registers the tests with node:test. Each asks for a fresh, empty store. */
export function storeConformance(name: string, setup: ConformanceSetup): void {
  const given = (title: string, body: (session: StoreSession, store: Store) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const { store, cleanUp } = await setup();
      try {
        const session = await store.open();
        await body(session, store);
        await session.close();
      } finally {
        await cleanUp();
      }
    });
  sessions(given);
  changes(given);
  results(given);
  outcomes(given);
  listingConformance(given);
}

const coded = (code: StoreErrorCode) => (error: unknown) =>
  error instanceof StoreError && error.code === code;

export type Given = (title: string, body: (session: StoreSession, store: Store) => Promise<void>) => void;

function sessions(given: Given): void {
  given("epochs grow, the tag stays, ids are never given twice", async (first, store) => {
    assert.match(first.tag, /^[a-z0-9]{6}$/);
    const block = await first.reserveIds(1);
    assert.ok(block.first >= 1 && block.count >= 1);
    const large = await first.reserveIds(block.count + 1);
    assert.ok(large.first >= block.first + block.count && large.count > block.count);
    await first.close();
    const second = await store.open();
    assert.ok(second.epoch > first.epoch);
    assert.equal(second.tag, first.tag);
    assert.ok((await second.reserveIds(1)).first >= large.first + large.count);
    await second.close();
  });

  given("what was committed is there after the store is opened again", async (first, store) => {
    await first.commit([inserted(fullRecord(11)), inserted(record(12), null)]);
    await first.commit([finished(12)]);
    await first.close();
    const second = await store.open();
    assert.deepEqual(await second.claim(0, 10), [{ call: fullRecord(11), arrivals: 9 }]);
    assert.equal((await second.get(12))?.end?.state, "succeeded");
    assert.equal(second.latestMs, Math.max(fullRecord(11).createdAtMs, 2_000_012));
    await second.close();
  });

  given(
    "a store can be checked, and opened again as the store it was and as no other",
    async (first, store) => {
      await first.check();
      await first.close();
      await assert.rejects(first.check(), coded("closed"));
      await assert.rejects(store.open({ tag: "others" }), coded("gone"));
      const second = await store.open({ tag: first.tag, verify: true });
      assert.equal(second.tag, first.tag);
      await second.check();
      await second.close();
    },
  );

  given("a closed session says so, and can be closed again", async (session) => {
    await session.close();
    await session.close();
    const closed = coded("closed");
    await assert.rejects(session.commit([inserted(record(1))]), closed);
    await assert.rejects(session.get(1), closed);
  });

  given("claims are paged by id and end with an empty page", async (session) => {
    await session.commit([5, 3, 9].map((id) => inserted(record(id))));
    const ids = async (afterId: number) => (await session.claim(afterId, 2)).map(({ call }) => call.id);
    assert.deepEqual(await ids(0), [3, 5]);
    assert.deepEqual(await ids(5), [9]);
    assert.deepEqual(await ids(9), []);
  });
}

function changes(given: Given): void {
  given("commits made together all hold, in order", async (session) => {
    await Promise.all([
      session.commit([inserted(record(1))]),
      session.commit([{ kind: "update", call: record(1, { attempt: 4, phase: "suspended" }) }]),
      session.commit([finished(1)]),
    ]);
    assert.equal((await session.get(1))?.end?.state, "succeeded");
  });

  given("the same changes can be committed again", async (session) => {
    const batch = [inserted(record(1)), inserted(record(2)), finished(2)];
    await session.commit(batch);
    await session.commit(batch);
    assert.deepEqual(
      (await session.claim(0, 10)).map(({ call }) => call.id),
      [1],
    );
    assert.equal((await session.get(2))?.end?.state, "succeeded");
  });

  given("an update changes the row, and only the payloads it names", async (session) => {
    await session.commit([inserted(record(1), bytes("first"))]);
    const suspended = record(1, { phase: "suspended", attempt: 3, consumed: 2, stateKind: "typed" });
    await session.commit([{ kind: "update", call: suspended, state: bytes("state") }]);
    const payloads = async () => {
      const request = { id: 1, input: true, state: true, generation: 0, resultsAfter: 0, resultsMax: 0 };
      const [loaded] = await session.load([request]);
      return [loaded?.input, loaded?.state].map((payload) => payload && Buffer.from(payload).toString());
    };
    assert.deepEqual(await payloads(), ["first", "state"]);
    await session.commit([{ kind: "update", call: { ...suspended, failures: 1 } }]);
    assert.deepEqual(await payloads(), ["first", "state"]);
    assert.deepEqual((await session.claim(0, 1))[0]?.call, { ...suspended, failures: 1 });
    const other = record(1, { function: "other", endpoint: "bridge://b", version: "2", priority: 3 });
    await session.commit([{ kind: "update", call: other, input: bytes("second"), state: null }]);
    assert.deepEqual(await payloads(), ["second", null]);
    assert.deepEqual((await session.claim(0, 1))[0]?.call, other);
  });

  given("payloads of any size come back as they were", async (session) => {
    await session.commit([inserted(record(1), largeBytes(1)), inserted(record(2), new Uint8Array(0))]);
    await session.commit([{ kind: "update", call: record(1, { stateKind: "typed" }), state: largeBytes(2) }]);
    const request = { id: 1, input: true, state: true, generation: 0, resultsAfter: 0, resultsMax: 0 };
    const [loaded] = await session.load([request]);
    assert.deepEqual(same(loaded?.input), same(largeBytes(1)));
    assert.deepEqual(same(loaded?.state), same(largeBytes(2)));
    await session.commit([
      { kind: "update", call: record(1, { stateKind: "typed" }), state: bytes("small") },
    ]);
    assert.deepEqual(same((await session.load([request]))[0]?.state), same(bytes("small")));
    await session.commit([{ ...finished(1), output: largeBytes(3), error: largeBytes(4) }]);
    const call = await session.get(1);
    assert.deepEqual(same(call?.input), same(largeBytes(1)));
    assert.deepEqual(same(call?.output), same(largeBytes(3)));
    assert.deepEqual(same(call?.error), same(largeBytes(4)));
    assert.deepEqual(same((await session.get(2))?.input), same(new Uint8Array(0)));
  });

  given("a key names one call until it runs out", async (session) => {
    const keyed = (id: number, nowMs: number) => ({
      ...inserted(record(id)),
      key: { text: "greet:k", nowMs, expiresAtMs: nowMs + 100 },
    });
    assert.deepEqual((await session.commit([keyed(1, 0)])).duplicates, []);
    const { duplicates } = await session.commit([inserted(record(2)), keyed(3, 99), keyed(4, 99)]);
    assert.deepEqual(duplicates, [
      { index: 1, id: 1 },
      { index: 2, id: 1 },
    ]);
    assert.equal(await session.get(3), undefined);
    assert.deepEqual((await session.commit([keyed(1, 0)])).duplicates, []);
    assert.deepEqual((await session.commit([keyed(5, 100)])).duplicates, []);
    assert.notEqual(await session.get(5), undefined);
  });

  given("a finished call that is revived lives again with its input and without its end", async (session) => {
    const { trace } = fullRecord(1);
    await session.commit([
      inserted(record(1, { trace }), largeBytes(1)),
      finished(1, { state: "failed", status: 7 }),
    ]);
    const revived = record(1, { trace, generation: 1, attempt: 5, wakeAtMs: 3_000_000 });
    await session.commit([{ kind: "revive", call: revived }]);
    const call = await session.get(1);
    assert.equal(call?.end, undefined);
    assert.deepEqual(call?.call, revived);
    assert.deepEqual(same(call?.input), same(largeBytes(1)));
    await session.commit([finished(1)]);
    assert.equal((await session.get(1))?.end?.state, "succeeded");
  });

  given("notes are kept in order, and a number is written once", async (session) => {
    const note = (number: number, atMs: number, message: string) =>
      ({
        kind: "note",
        id: 1,
        number,
        note: { atMs, kind: "attempt_failed", attempt: number, status: 6, message },
      }) as const;
    await session.commit([note(2, 20, "b"), note(1, 10, "a"), note(2, 20, "c")]);
    assert.deepEqual(
      (await session.notes(1)).map(({ message }) => message),
      ["a", "c"],
    );
    assert.deepEqual(await session.notes(2), []);
  });
}

function results(given: Given): void {
  given("results of a generation are loaded in the order they arrived", async (session) => {
    const child = (id: number, parentGeneration: number) =>
      inserted(record(id, { parentId: 1, rootId: 1, parentGeneration, correlationId: BigInt(id) }));
    await session.commit([inserted(record(1, { generation: 1, consumed: 1, phase: "suspended" }))]);
    await session.commit([child(2, 1), child(3, 1), child(4, 1), child(5, 0)]);
    await session.commit([
      finished(4, { arrival: 1 }),
      finished(2, { arrival: 3 }, "two"),
      { ...finished(3, { arrival: 2 }), output: largeBytes(3), error: bytes("partial") },
      finished(5, { arrival: 4 }),
    ]);
    const request = { id: 1, input: false, state: false, generation: 1, resultsAfter: 1, resultsMax: 10 };
    const [all, one, none, missing] = await session.load([
      request,
      { ...request, resultsMax: 1 },
      { ...request, generation: 2 },
      { ...request, id: 99 },
    ]);
    assert.deepEqual(
      all?.results.map(({ arrival, callId, correlationId }) => [arrival, callId, correlationId]),
      [
        [2, 3, 3n],
        [3, 2, 2n],
      ],
    );
    assert.deepEqual(same(all?.results[0]?.output), same(largeBytes(3)));
    assert.deepEqual(same(all?.results[0]?.error), same(bytes("partial")));
    assert.equal(one?.results.length, 1);
    assert.deepEqual(none?.results, []);
    assert.equal(missing, undefined);
    assert.deepEqual(
      (await session.claim(0, 10)).map(({ arrivals }) => arrivals),
      [3],
    );
  });
}

function outcomes(given: Given): void {
  given("outcomes are read in the order asked for, and none of what has not finished", async (session) => {
    const correlationId = 2n ** 64n - 1n;
    await session.commit([1, 2, 3, 4].map((id) => inserted(record(id, { correlationId }))));
    await session.commit([
      { ...finished(1), output: null, error: largeBytes(1) },
      { ...finished(2, { state: "failed", status: 7 }), output: largeBytes(2), error: bytes("why") },
      finished(4, {}, ""),
    ]);
    const read = await session.results([4, 99, 2, 3, 1, 2], 10_000_000);
    assert.deepEqual(
      read.map((one) => one && [one.correlationId, one.status, same(one.output), same(one.error)]),
      [
        [correlationId, 1, "", null],
        undefined,
        [correlationId, 7, same(largeBytes(2)), same(bytes("why"))],
        undefined,
        [correlationId, 1, null, same(largeBytes(1))],
        [correlationId, 7, same(largeBytes(2)), same(bytes("why"))],
      ],
    );
    assert.deepEqual(await session.results([], 1), []);
  });

  given("outcomes are read until they are too many bytes, and one is read in any case", async (session) => {
    await session.commit([1, 2, 3].map((id) => inserted(record(id))));
    await session.commit([1, 2, 3].map((id) => ({ ...finished(id), output: largeBytes(id) })));
    const size = largeBytes(1).length;
    const count = async (ids: number[], bytesMax: number) => (await session.results(ids, bytesMax)).length;
    assert.equal(await count([1, 2, 3], 2 * size), 2);
    assert.equal(await count([1, 2, 3], 2 * size - 1), 1);
    assert.equal(await count([1, 2, 3], 0), 1);
    assert.equal(await count([99, 98, 1, 97, 2], 0), 4);
    assert.equal(await count([1, 2, 3], Number.POSITIVE_INFINITY), 3);
  });
}

/** Buffers and byte arrays alike. */
export function same(payload: Uint8Array | null | undefined): string | null | undefined {
  return payload && Buffer.from(payload).toString("base64");
}
