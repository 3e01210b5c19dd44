/** A store that fails: what is waited for, what is tried again, and what is the end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError, type StoreErrorCode } from "../store/index.ts";
import { SchedulerError } from "./errors.ts";
import { call, pending, RefusingStore, Subject } from "./scheduler.test-support.ts";
import { MemoryRunJournal } from "./simulation/memory-journal.ts";
import { exitResponse, pollResponse } from "./simulation/messages.ts";

const full = new StoreError("full", "the disk is full");
const unavailable = (error: unknown) => error instanceof SchedulerError && error.code === "unavailable";

test("an idle scheduler finds out that its store is gone, and says so until it is back", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).on("greet", () => exitResponse("hello")).open();
  assert.equal(subject.scheduler.unready(), undefined);
  store.refuse = full;
  await subject.clock.advance(11_000);
  assert.match(subject.scheduler.unready()!, /^the store takes nothing \(full\)$/);
  await assert.rejects(subject.scheduler.dispatch([call("greet")]), unavailable);
  await subject.clock.advance(3_600_000);
  store.refuse = undefined;
  await subject.clock.advance(5_000);
  assert.equal(subject.scheduler.unready(), undefined, "a full disk is waited for, however long");
  assert.equal((await subject.result(await subject.dispatch("greet"))).text, "hello");
  await subject.close();
});

test("while commits succeed nothing is written to find out whether they would", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).on("greet", () => exitResponse("hello")).open();
  for (let second = 0; second < 20; second++) {
    await subject.dispatch("greet");
    await subject.clock.advance(1_000);
  }
  assert.equal(store.checks, 0);
  await subject.clock.advance(20_000);
  assert.ok(store.checks >= 3);
  await subject.close();
});

test("a commit that hangs is trouble once it has hung for ten seconds", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).on("greet", () => exitResponse("hello")).open();
  const { promise, resolve } = Promise.withResolvers<void>();
  store.hold = promise;
  const asked = subject.scheduler.dispatch([call("greet")]);
  await subject.clock.advance(9_000);
  assert.equal(subject.scheduler.unready(), undefined);
  await subject.clock.advance(2_000);
  assert.match(subject.scheduler.unready()!, /has not answered for 1[01] s/);
  await assert.rejects(subject.scheduler.dispatch([call("greet")]), unavailable);
  resolve();
  await subject.until(asked);
  assert.equal(subject.scheduler.unready(), undefined);
  await subject.close();
});

for (const code of ["corrupted", "read_only", "gone", "closed"] satisfies StoreErrorCode[]) {
  test(`a commit that fails as ${code} is not tried again: the scheduler stops, and tells whom it concerns`, async () => {
    const store = new RefusingStore();
    const lost: string[] = [];
    const subject = await new Subject(store)
      .on("greet", pending)
      .open({ onLost: (error) => lost.push(error.code) });
    const id = await subject.dispatch("greet");
    const waiting = assert.rejects(subject.scheduler.wait(id), unavailable);
    store.refuse = new StoreError(code, "no more");
    const { commits } = store;
    await assert.rejects(subject.until(subject.scheduler.dispatch([call("greet")])), unavailable);
    await subject.clock.advance(60_000);
    await waiting;
    assert.equal(store.commits, commits + 1);
    assert.deepEqual(lost, [code]);
    assert.match(subject.scheduler.unready()!, /^the store was lost \([a-z_]+\)$/);
    const { scheduler } = subject;
    await assert.rejects(subject.until(scheduler.wait(id)), unavailable);
    await assert.rejects(subject.until(scheduler.cancel(id)), unavailable);
  });
}

test("an error that may pass is tried again with growing pauses, a bounded number of times", async () => {
  const store = new RefusingStore();
  const lost: string[] = [];
  const subject = await new Subject(store).open({ onLost: (error) => lost.push(error.code) });
  subject.on("greet", () => {
    store.refuse = new StoreError("failed", "disk I/O error");
    return exitResponse("hello");
  });
  await subject.dispatch("greet");
  await subject.clock.advance(20_000);
  assert.deepEqual(lost, []);
  await subject.clock.advance(20_000);
  assert.deepEqual(lost, ["failed"]);
  const failures = subject.events.filter(({ type }) => type === "scheduler-commit-failed");
  assert.equal(failures.length, 11);
});

test("a store that is damaged for a reader is lost, though it still takes changes", async () => {
  const store = new RefusingStore();
  const lost: string[] = [];
  const subject = await new Subject(store)
    .on("greet", () => exitResponse("hello"))
    .open({ payloadBytesMax: 0, onLost: (error) => lost.push(error.code) });
  store.refuseReads = new StoreError("corrupted", "malformed");
  await subject.dispatch("greet");
  await subject.clock.advance(1_000);
  assert.deepEqual(lost, ["corrupted"]);
});

for (const retried of [false, true]) {
  test(`a store found damaged while a commit is under way is lost when that is done (tried again: ${retried})`, async () => {
    const store = new RefusingStore();
    const lost: string[] = [];
    const subject = await new Subject(store)
      .on("greet", () => exitResponse("hello"))
      .open({ payloadBytesMax: 0, onLost: (error) => lost.push(error.code) });
    const reading = Promise.withResolvers<void>();
    store.holdReads = reading.promise;
    await subject.dispatch("greet");
    await subject.settle();
    const writing = Promise.withResolvers<void>();
    store.hold = writing.promise;
    const asked = subject.scheduler.dispatch([call("greet")]);
    await subject.settle();
    if (retried) store.refuse = full;
    store.refuseReads = new StoreError("corrupted", "malformed");
    if (retried) {
      writing.resolve();
      await assert.rejects(subject.until(asked), unavailable);
    }
    reading.resolve();
    await subject.settle();
    assert.deepEqual(lost, []);
    store.refuse = undefined;
    writing.resolve();
    if (!retried) await subject.until(asked);
    await subject.clock.advance(10_000);
    assert.deepEqual(lost, ["corrupted"]);
    assert.match(subject.scheduler.unready()!, /^the store was lost \(corrupted\)$/);
  });
}

test("what was read while the store began to refuse changes waits until it takes them", async () => {
  const store = new RefusingStore();
  const journal = new MemoryRunJournal();
  const subject = await new Subject(store)
    .on("greet", pending)
    .open({ payloadBytesMax: 0, journal, isOwn: () => true });
  const reading = Promise.withResolvers<void>();
  store.holdReads = reading.promise;
  await subject.dispatch("greet");
  await subject.settle();
  store.refuse = full;
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("greet")])), unavailable);
  reading.resolve();
  await subject.settle();
  assert.equal(subject.runs.length, 0);
  assert.equal(subject.scheduler.stats().readyCalls, 1);
  store.refuse = undefined;
  await subject.clock.advance(10_000);
  assert.equal(subject.runs.length, 1);
  assert.equal(journal.read().runs.length, 1);
  await subject.close();
});

test("a poll that comes after the store was lost asks for nothing any more", async () => {
  const store = new RefusingStore({ idBlock: 1 });
  let answer: (bytes: Uint8Array) => void = () => {};
  const subject = await new Subject(store)
    .on("caller", () => new Promise((resolve) => (answer = resolve)))
    .open();
  await subject.dispatch("caller");
  await subject.settle();
  store.refuse = new StoreError("gone", "unplugged");
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("caller")])), unavailable);
  await subject.clock.advance(10_000);
  const calls = [1n, 2n, 3n].map((correlationId) => {
    return { correlationId, function: "child", input: "", expirationMs: undefined };
  });
  answer(pollResponse({ state: "s", calls, maxWaitMs: 1e6, min: 1, max: 3 }));
  await subject.clock.advance(10_000);
  assert.deepEqual(
    subject.events.filter(({ type }) => type === "scheduler-fault"),
    [],
  );
});
