import assert from "node:assert/strict";
import { test } from "node:test";
import { Results, type Taken } from "./results.ts";

interface Asked {
  readonly ids: readonly string[];
  readonly waitMs: number;
  readonly signal: AbortSignal;
  answer(...ids: string[]): void;
  fail(error: unknown): void;
}

function setup(requestsMax = 100) {
  const asked: Asked[] = [];
  const state = { nowMs: 0 };
  const mayBeOfOne = (error: unknown) => String(error).includes("bad id");
  const options = { requestsMax, nowMs: () => state.nowMs, mayBeOfOne };
  const results = new Results<string>(options, (ids, waitMs, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<Taken<string>>();
    signal.addEventListener("abort", () => reject(signal.reason));
    const answer = (...some: string[]) => resolve({ results: some.map((id) => [id, `=${id}`]), errors: [] });
    asked.push({ ids, waitMs, signal, answer, fail: reject });
    return promise;
  });
  const wait = (id: string, signal?: AbortSignal) => results.wait(id, signal);
  return { asked, state, results, wait };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("ids of one turn share a request, the same id is in it once, and no request holds too many", async () => {
  const { asked, wait } = setup();
  const ids = Array.from({ length: 300 }, (_, index) => `id-${index}`);
  const all = [...ids, "id-0"].map((id) => wait(id));
  await turn();
  assert.deepEqual(
    asked.map((request) => request.ids.length),
    [256, 44],
  );
  for (const request of asked) request.answer(...request.ids);
  assert.deepEqual(
    await Promise.all(all),
    [...ids, "id-0"].map((id) => `=${id}`),
  );
});

test("a new wait does not queue behind others", async () => {
  const { asked, wait } = setup();
  void wait("slow");
  await turn();
  const quick = wait("quick");
  await turn();
  asked[1]!.answer("quick");
  assert.equal(await quick, "=quick");
});

test("while all requests are under way ids gather, and go with the next", async () => {
  const { asked, wait } = setup(1);
  const waits = ["a", "b"].map((id) => wait(id));
  await turn();
  waits.push(wait("c"));
  await turn();
  assert.equal(asked.length, 1);
  asked[0]!.answer("a");
  assert.equal(await waits[0], "=a");
  await turn();
  assert.deepEqual(asked[1]!.ids, ["c", "b"]);
  assert.ok(asked[1]!.waitMs > 0);
  asked[1]!.answer("b", "c");
  assert.deepEqual(await Promise.all(waits), ["=a", "=b", "=c"]);
});

test("requests that have lasted are joined into few, and no result of theirs is lost", async () => {
  const { asked, state, wait } = setup();
  const waits: Promise<string>[] = [];
  for (let index = 0; index < 50; index++) {
    waits.push(wait(`slow-${index}`));
    await turn();
    state.nowMs += 1_000;
  }
  const open = asked.filter(({ signal }) => !signal.aborted);
  assert.ok(open.length <= 6, `${open.length} requests are open`);
  assert.deepEqual(open.flatMap(({ ids }) => ids).sort(), waits.map((_, index) => `slow-${index}`).sort());
  for (const request of open) request.answer(...request.ids);
  assert.equal((await Promise.all(waits)).length, 50);
});

test("young requests are left alone, however many they are", async () => {
  const { asked, wait } = setup();
  for (let index = 0; index < 50; index++) {
    void wait(`id-${index}`);
    await turn();
  }
  assert.equal(asked.filter(({ signal }) => !signal.aborted).length, 50);
});

test("who gives up takes nobody along, and the last one ends the request", async () => {
  const { asked, wait } = setup();
  const reason = new Error("enough");
  const [first, second] = [new AbortController(), new AbortController()];
  const waits = [wait("a", first.signal), wait("a", second.signal), wait("b", second.signal)];
  await turn();
  first.abort(reason);
  await assert.rejects(waits[0]!, reason);
  assert.equal(asked[0]!.signal.aborted, false);
  second.abort(reason);
  for (const one of waits) await assert.rejects(one, reason);
  assert.equal(asked[0]!.signal.aborted, true);
  await assert.rejects(wait("a", first.signal), reason);
  // Asked for anew by somebody else.
  const again = wait("a");
  await turn();
  asked[1]!.answer("a");
  assert.equal(await again, "=a");
});

test("a request that fails fails its waits and no others, and errors of single ids only theirs", async () => {
  const { asked, wait, results } = setup();
  const error = new Error("broken");
  const lost = wait("lost");
  await turn();
  const kept = wait("kept");
  await turn();
  asked[0]!.fail(error);
  await assert.rejects(lost, error);
  results.close(new Error("closed"));
  await assert.rejects(kept, /closed/);
  assert.equal(asked[1]!.signal.aborted, true);
});

test("when a request fails for one of its ids, each is asked for alone, and only that one fails", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, wait } = setup();
  const [a, bad, c] = ["a", "bad", "c"].map((id) => wait(id));
  await turn();
  asked[0]!.fail(new Error("bad id"));
  await turn();
  assert.equal(asked.length, 1);
  t.mock.timers.tick(20);
  assert.deepEqual(
    asked.slice(1).map(({ ids, waitMs }) => [ids, waitMs]),
    ["a", "bad", "c"].map((id) => [[id], 0]),
  );
  asked[1]!.answer("a");
  asked[2]!.fail(new Error("bad id"));
  asked[3]!.answer();
  assert.equal(await a, "=a");
  await assert.rejects(bad!, /bad id/);
  // What has not ended is waited for as before.
  await turn();
  assert.deepEqual(asked[4]!.ids, ["c"]);
  assert.ok(asked[4]!.waitMs > 0);
  asked[4]!.answer("c");
  assert.equal(await c, "=c");
});

test("answers that bring nothing, and come early, are asked for again after growing pauses", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, state, wait, results } = setup();
  wait("a").catch(() => {});
  await turn();
  for (const [index, pauseMs] of [20, 40, 80].entries()) {
    asked[index]!.answer("stranger");
    await turn();
    t.mock.timers.tick(pauseMs - 1);
    assert.equal(asked.length, index + 1);
    t.mock.timers.tick(1);
    assert.equal(asked.length, index + 2);
  }
  // One that was held is no such answer.
  state.nowMs += asked[3]!.waitMs;
  asked[3]!.answer();
  await turn();
  await turn();
  assert.equal(asked.length, 5);
  asked[4]!.answer();
  await turn();
  results.close(new Error("closed"));
  t.mock.timers.tick(10_000);
  assert.equal(asked.length, 5);
});
