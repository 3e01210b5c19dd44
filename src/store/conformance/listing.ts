/** Lists, and the removal of what is old. */
import assert from "node:assert/strict";
import type { ListFilter, StoreSession } from "../contract.ts";
import { bytes, finished, inserted, largeBytes, record } from "./fixtures.ts";
import type { Given } from "./suite.ts";

export function listingConformance(given: Given): void {
  given("lists are newest first, filtered, and paged to the end", async (session) => {
    await session.commit([
      inserted(record(1)),
      inserted(record(2, { function: "other" })),
      inserted(record(3, { parentId: 1, rootId: 1 })),
      inserted(record(4, { parentId: 3, rootId: 1 })),
      inserted(record(5)),
      finished(2, { state: "failed", status: 7 }),
      finished(3),
      finished(5, { state: "cancelled", status: 7 }),
    ]);
    assert.deepEqual(await listed(session, {}), [5, 4, 3, 2, 1]);
    assert.deepEqual(await listed(session, { function: "other" }), [2]);
    assert.deepEqual(await listed(session, { live: true }), [4, 1]);
    assert.deepEqual(await listed(session, { live: true, ends: [] }), [4, 1]);
    assert.deepEqual(await listed(session, { live: false, ends: [] }), []);
    assert.deepEqual(await listed(session, { live: false, ends: ["failed", "cancelled"] }), [5, 2]);
    assert.deepEqual(await listed(session, { live: true, ends: ["succeeded"] }), [4, 3, 1]);
    assert.deepEqual(await listed(session, { parentId: 1 }), [3]);
    assert.deepEqual(await listed(session, { rootId: 1 }), [4, 3, 1]);
    assert.deepEqual(await listed(session, { createdFromMs: 1_000_002, createdToMs: 1_000_004 }), [3, 2]);
    assert.deepEqual(await listed(session, { beforeId: 3 }), [2, 1]);
  });

  given("a page says where to go on, whatever is between", async (session) => {
    const changes = Array.from({ length: 6_000 }, (_, i) =>
      inserted(record(i + 1, i === 2 ? { function: "rare" } : {}), null),
    );
    await session.commit([...changes, ...changes.slice(0, 5_990).map(({ call }) => finished(call.id))]);
    assert.deepEqual(await listed(session, { function: "rare" }), [3]);
    assert.equal((await listed(session, { limit: 1000 })).length, 6_000);
  });

  given("old finished calls are removed, others stay", async (session) => {
    await session.commit(
      [1, 2, 3, 4].map((id) => inserted(record(id), id === 1 ? largeBytes(1) : bytes("x"))),
    );
    await session.commit([
      finished(1, { finishedAtMs: 2_000_000 }),
      finished(2, { finishedAtMs: 2_000_000 }),
      finished(3, { finishedAtMs: 2_000_010 }),
      {
        kind: "note",
        id: 1,
        number: 0,
        note: { atMs: 1, kind: "retried", attempt: 0, status: 0, message: "" },
      },
    ]);
    const request = { finishedBeforeMs: 2_000_010, nowMs: 0, afterId: 0, limit: 1 };
    const first = await session.removeFinished(request);
    assert.deepEqual(first, { removed: 1, nextAfterId: 1 });
    const second = await session.removeFinished({ ...request, afterId: 1, limit: 100 });
    assert.deepEqual(second, { removed: 1, nextAfterId: undefined });
    assert.deepEqual(await listed(session, {}), [4, 3]);
    assert.equal(await session.get(1), undefined);
    assert.deepEqual(await session.notes(1), []);
  });

  given("a result is kept until its caller has taken it or ended", async (session) => {
    const caller = record(1, { phase: "suspended", consumed: 1 });
    const child = (id: number, generation = 0) =>
      inserted(record(id, { parentId: 1, rootId: 1, parentGeneration: generation }));
    await session.commit([inserted(caller), child(2), child(3), child(4, -1)]);
    await session.commit([
      finished(2, { arrival: 1 }),
      finished(3, { arrival: 2 }),
      finished(4, { arrival: 0 }),
    ]);
    const removeAll = () =>
      session.removeFinished({ finishedBeforeMs: 9_000_000, nowMs: 0, afterId: 0, limit: 100 });
    assert.equal((await removeAll()).removed, 2);
    assert.deepEqual(await listed(session, {}), [3, 1]);
    await session.commit([{ kind: "update", call: { ...caller, consumed: 2 } }]);
    assert.equal((await removeAll()).removed, 1);
  });

  given("keys that ran out are removed", async (session) => {
    const key = { text: "k", nowMs: 0, expiresAtMs: 100 };
    await session.commit([{ ...inserted(record(1)), key }]);
    await session.removeFinished({ finishedBeforeMs: 0, nowMs: 100, afterId: 0, limit: 10 });
    const again = await session.commit([{ ...inserted(record(2)), key }]);
    assert.deepEqual(again.duplicates, []);
  });
}

/** Ids over all pages. */
async function listed(session: StoreSession, filter: Partial<ListFilter>): Promise<number[]> {
  const ids: number[] = [];
  let beforeId = filter.beforeId;
  for (;;) {
    const page = await session.list({ limit: 2, ...filter, beforeId });
    ids.push(...page.calls.map(({ call }) => call.id));
    if (page.nextBeforeId === undefined) return ids;
    assert.ok(beforeId === undefined || page.nextBeforeId < beforeId, "pages go on");
    beforeId = page.nextBeforeId;
  }
}
