import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../store/index.ts";
import { Status } from "../wire/status.ts";
import { SchedulerError, type SchedulerErrorCode } from "./errors.ts";
import { call, pending, Subject } from "./scheduler.test-support.ts";
import { exitResponse, failedResponse, pollResponse } from "./simulation/messages.ts";

const withCode = (code: SchedulerErrorCode, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SchedulerError, String(error));
  assert.equal(error.code, code);
  if (text !== undefined) assert.match(error.message, text);
  return true;
};

const child = (name: string, input = "input") => ({
  correlationId: 1n,
  function: name,
  input,
  expirationMs: undefined,
});

test("cancelling a call cancels the whole tree below it, and nothing else", async () => {
  const subject = await new Subject()
    .on("leaf", pending)
    .on("node", () =>
      pollResponse({
        state: "s",
        calls: [child("leaf"), child("leaf")],
        maxWaitMs: 3_600_000,
        min: 1,
        max: 1,
      }),
    )
    .on("root", () =>
      pollResponse({
        state: "s",
        calls: [child("node"), child("leaf")],
        maxWaitMs: 3_600_000,
        min: 1,
        max: 1,
      }),
    )
    .open({ graceMs: 100 });
  const other = await subject.dispatch("root");
  const id = await subject.dispatch("root");
  await subject.clock.advance(10);
  const summary = await subject.until(subject.scheduler.cancel(id));
  assert.equal(summary.state, "cancelling");
  await subject.clock.advance(1_000);
  const tree = await subject.until(subject.scheduler.list({ rootId: id }));
  assert.deepEqual(
    tree.calls.map(({ state }) => state),
    Array(5).fill("cancelled"),
  );
  const rest = await subject.until(subject.scheduler.list({ states: ["running", "suspended"] }));
  assert.equal(rest.calls.length, 5);
  assert.ok(rest.calls.every(({ rootId }) => rootId === other));
  assert.equal((await subject.until(subject.scheduler.cancel(id))).state, "cancelled");
  await subject.close();
});

test("a tree deeper than the stack is cancelled to its last call", async () => {
  const depth = 6000;
  let runs = 0;
  const subject = await new Subject().open();
  subject.on("deeper", () => {
    if (++runs === depth) return pending();
    const calls = [{ correlationId: 1n, function: "deeper", input: "", expirationMs: undefined }];
    return pollResponse({ state: "s", calls, maxWaitMs: 1e9, min: 1, max: 1 });
  });
  const id = await subject.dispatch("deeper");
  while (runs < depth) await subject.settle();
  assert.equal((await subject.until(subject.scheduler.cancel(id))).state, "cancelling");
  await subject.clock.advance(10_000);
  assert.equal(await subject.stateOf(id), "cancelled");
  assert.equal(subject.scheduler.stats().liveCalls, 0);
  await subject.close();
});

test("a failed call can be retried under its id; one that succeeded or lives cannot", async () => {
  let works = false;
  const subject = await new Subject()
    .on("moody", ({ input }) => (works ? exitResponse(`${input}!`) : failedResponse(Status.PERMANENT_ERROR)))
    .open();
  const id = await subject.dispatch("moody");
  assert.equal((await subject.result(id)).status, Status.PERMANENT_ERROR);
  works = true;
  await subject.until(subject.scheduler.retry(id));
  assert.equal((await subject.result(id)).text, "input!");
  await assert.rejects(subject.until(subject.scheduler.retry(id)), withCode("failed_precondition"));
  await assert.rejects(subject.until(subject.scheduler.retry("memory-zz")), withCode("not_found"));
  assert.deepEqual(
    subject.runs.map(({ attempt }) => attempt),
    [1, 2],
  );
  await subject.close();
});

test("a waiter that gives up is forgotten, others are not", async () => {
  let answer: (bytes: Uint8Array) => void = () => {};
  const subject = await new Subject().on("slow", () => new Promise((resolve) => (answer = resolve))).open();
  const id = await subject.dispatch("slow");
  const abort = new AbortController();
  const given = subject.scheduler.wait(id, abort.signal);
  const patient = subject.scheduler.wait(id);
  abort.abort(new Error("enough"));
  await assert.rejects(given, /enough/);
  await subject.settle();
  answer(exitResponse("late"));
  await subject.until(patient);
  await assert.rejects(subject.scheduler.wait(id, AbortSignal.abort(new Error("before"))), /before/);
  await subject.close();
});

test("ids of another store, and what is no id, are not found", async () => {
  const subject = await new Subject(new MemoryStore({ tag: "others" })).open();
  for (const id of [
    "memory-1",
    "others-",
    "others-0",
    "others-01",
    "others-1x!",
    "",
    "others-zzzzzzzzzzzz",
  ]) {
    await assert.rejects(subject.until(subject.scheduler.wait(id)), withCode("not_found"), id);
  }
  await subject.close();
});

test("lists filter by state in memory and in the store, and page to the end", async () => {
  const subject = await new Subject()
    .on("done", () => exitResponse("done"))
    .on("stuck", pending)
    .open();
  await subject.until(
    subject.scheduler.dispatch(Array.from({ length: 25 }, (_, i) => call(i % 5 === 0 ? "stuck" : "done"))),
  );
  await subject.clock.advance(10);
  await subject.dispatch("done", { delayMs: 1_000 });
  const count = async (states: Parameters<typeof subject.scheduler.list>[0]["states"]) => {
    let pageToken: string | undefined;
    let total = 0;
    do {
      const page = await subject.until(subject.scheduler.list({ states, pageSize: 3, pageToken }));
      total += page.calls.length;
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return total;
  };
  assert.equal(await count(["running"]), 5);
  assert.equal(await count(["succeeded"]), 20);
  assert.equal(await count(["delayed", "running"]), 6);
  assert.equal(await count(undefined), 26);
  assert.equal(await count([]), 0);
  await assert.rejects(subject.scheduler.list({ pageSize: 0 }), withCode("invalid_argument"));
  await assert.rejects(subject.scheduler.list({ pageToken: "x" }), withCode("invalid_argument"));
  await subject.close();
});

test("a root that is retried takes over the children that its life before has left", async () => {
  let works = false;
  const subject = await new Subject()
    .on("stuck", pending)
    .on("quick", () => failedResponse(Status.PERMANENT_ERROR))
    .on("root", ({ state }) => {
      if (works) return pending();
      if (state !== undefined) return failedResponse(Status.PERMANENT_ERROR);
      const calls = [child("stuck"), child("quick")];
      return pollResponse({ state: "s", calls, maxWaitMs: 3_600_000, min: 1, max: 2 });
    })
    .open({ graceMs: 100 });
  const id = await subject.dispatch("root");
  assert.equal((await subject.result(id)).status, Status.PERMANENT_ERROR);
  works = true;
  await subject.until(subject.scheduler.retry(id));
  await subject.until(subject.scheduler.cancel(id));
  await subject.clock.advance(1_000);
  const { calls } = await subject.until(subject.scheduler.list({ rootId: id }));
  assert.deepEqual(calls.map(({ state }) => state).toSorted(), ["cancelled", "cancelled", "failed"]);
  await subject.close();
});

test("many are waited for at once: what has ended is given, live or stored, and what is unknown is named", async () => {
  const answers = new Map<string, (bytes: Uint8Array) => void>();
  const subject = await new Subject()
    .on("slow", (_, { id }) => new Promise((resolve) => answers.set(id, resolve)))
    .on("quick", () => exitResponse("done"))
    .open({ recentBytesMax: 0 });
  const { scheduler } = subject;
  const slow = [
    await subject.dispatch("slow"),
    await subject.dispatch("slow"),
    await subject.dispatch("slow"),
  ];
  const quick = await subject.dispatch("quick");
  await subject.clock.advance(10);
  const strange = ["", "call-1", `${quick}0`];
  const first = await subject.until(scheduler.waitMany([...slow, quick, quick, ...strange]));
  assert.deepEqual(
    [first.results.map(({ id }) => id), [...first.unknown].sort()],
    [[quick], [...strange].sort()],
  );

  const together = scheduler.waitMany(slow);
  const alone = scheduler.wait(slow[1]!);
  await subject.settle();
  answers.get(slow[1]!)!(exitResponse("b"));
  answers.get(slow[2]!)!(exitResponse("c"));
  const { results, unknown } = await subject.until(together);
  assert.deepEqual([results.map(({ id }) => id), unknown], [[slow[1], slow[2]], []]);
  assert.equal((await subject.until(alone)).id, slow[1]);
  // Given once does not mean gone: an answer may be lost on its way.
  const again = await subject.until(scheduler.waitMany(slow));
  assert.deepEqual(new Set(again.results.map(({ id }) => id)), new Set([slow[1], slow[2]]));

  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = scheduler.waitMany([slow[0]!], controller.signal);
  controller.abort(reason);
  await assert.rejects(subject.until(aborted), reason);
  const closing = scheduler.waitMany([slow[0]!]);
  closing.catch(() => {});
  await subject.close();
  await assert.rejects(closing, withCode("unavailable"));
});

test("of stored results no more is read than is given, and no input", async () => {
  const store = new MemoryStore();
  const open = store.open.bind(store);
  let bytesRead = 0;
  store.open = async (options) => {
    const session = await open(options);
    const { get, results } = session;
    session.get = async (id) => {
      const call = await get.call(session, id);
      for (const part of [call?.input, call?.output, call?.error]) bytesRead += part?.length ?? 0;
      return call;
    };
    session.results = async (ids, bytesMax) => {
      const outcomes = await results.call(session, ids, bytesMax);
      for (const outcome of outcomes) bytesRead += outcome?.output?.length ?? 0;
      return outcomes;
    };
    return session;
  };
  const size = 10_000;
  const input = new Uint8Array(size);
  const subject = await new Subject(store)
    .on("big", () => exitResponse("x".repeat(size)))
    .open({ recentBytesMax: 0 });
  const calls = Array.from({ length: 20 }, () => call("big", { input }));
  const ids = await subject.until(subject.scheduler.dispatch(calls));
  await subject.clock.advance(10);
  const left = new Set(ids);
  const counts: number[] = [];
  while (left.size > 0) {
    const { results, unknown } = await subject.until(
      subject.scheduler.waitMany([...left], undefined, 4.5 * size),
    );
    assert.deepEqual(unknown, []);
    counts.push(results.length);
    for (const { id } of results) left.delete(id);
  }
  assert.deepEqual(counts, [4, 4, 4, 4, 4]);
  assert.ok(bytesRead < 1.1 * ids.length * size, `${bytesRead} bytes read`);
  const [first] = ids;
  const { results } = await subject.until(subject.scheduler.waitMany([first!], undefined, 1));
  assert.deepEqual(
    results.map(({ id }) => id),
    [first],
  );
  await subject.close();
});
