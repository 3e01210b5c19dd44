/** What can be wrong around the scheduler: the store, the clock, the destinations, too much work. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError, type StoreErrorCode } from "../store/index.ts";
import { Status } from "../wire/status.ts";
import { SystemClock } from "./clock.ts";
import { SchedulerError } from "./errors.ts";
import { call, pending, RefusingStore, Subject } from "./scheduler.test-support.ts";
import { exitResponse, pollResponse, type ReceivedRun } from "./simulation/messages.ts";

const full = new StoreError("full", "the disk is full");
const unavailable = (error: unknown) => error instanceof SchedulerError && error.code === "unavailable";

test("a commit that fails refuses the calls it would have recorded, and nothing of them is kept", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).on("greet", () => exitResponse("hello")).open();
  store.refuse = full;
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("greet")])), unavailable);
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("greet")])), unavailable);
  assert.equal(subject.scheduler.stats().liveCalls, 0);
  store.refuse = undefined;
  await subject.clock.advance(10_000);
  assert.equal(subject.runs.length, 0);
  assert.equal((await subject.result(await subject.dispatch("greet"))).text, "hello");
  await subject.close();
});

test("an answer that cannot be stored is kept until it can be; until then nobody is told and nothing starts", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).open();
  subject
    .on("greet", () => {
      store.refuse = full;
      return exitResponse("hello");
    })
    .on("other", () => exitResponse("other"));
  const [id, later] = await subject.until(
    subject.scheduler.dispatch([call("greet"), call("other", { delayMs: 1_000 })]),
  );
  let told = false;
  void subject.scheduler.wait(id!).then(() => {
    told = true;
  });
  await subject.clock.advance(30_000);
  assert.equal(told, false);
  assert.deepEqual(
    subject.runs.map((run) => run.function),
    ["greet"],
  );
  assert.equal(
    (await subject.until(subject.scheduler.get(id!))).state,
    "running",
    "what is stored can be read",
  );
  const failures = subject.events.filter(({ type }) => type === "scheduler-commit-failed");
  assert.ok(failures.length >= 5 && failures.length < 20, "with growing pauses");
  store.refuse = undefined;
  assert.equal((await subject.result(id!)).text, "hello");
  assert.equal((await subject.result(later!)).text, "other");
  await subject.close();
});

test("an idle scheduler finds out that its store is gone, and says so until it is back", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).on("greet", () => exitResponse("hello")).open();
  assert.equal(subject.scheduler.unready(), undefined);
  store.refuse = full;
  await subject.clock.advance(11_000);
  assert.match(subject.scheduler.unready()!, /the store takes nothing .*the disk is full/);
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
    assert.match(subject.scheduler.unready()!, /the store was lost .*no more/);
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

test("a scheduler whose store was taken over stops", async () => {
  const subject = await new Subject().on("greet", () => exitResponse("hello")).open();
  await subject.result(await subject.dispatch("greet"));
  await subject.store.open();
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("greet")])), unavailable);
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("greet")])), unavailable);
  const [event] = subject.events.filter(({ type }) => type === "scheduler-commit-failed");
  assert.ok(event?.type === "scheduler-commit-failed");
  assert.deepEqual([event.code, event.retryInMs], ["fenced", undefined]);
  await subject.close();
});

test("nobody waits for a store that was taken over: not those behind the batch that failed, nor later ones", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).on("slow", pending).open();
  const id = await subject.dispatch("slow");
  const { promise, resolve: release } = Promise.withResolvers<void>();
  store.hold = promise;
  const { scheduler } = subject;
  const asked = [scheduler.dispatch([call("slow")])];
  await subject.settle();
  asked.push(scheduler.dispatch([call("slow")]));
  const told = [...asked, scheduler.cancel(id)].map((answer) => assert.rejects(answer, unavailable));
  await subject.settle();
  store.refuse = new StoreError("fenced", "another process has it");
  release();
  await subject.until(Promise.all(told));
  await assert.rejects(subject.until(scheduler.cancel(id)), unavailable);
  await subject.close();
});

test("a run is given no result whose commit is not done", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).open({ runsMax: 3 });
  const release = new Map<string, () => void>();
  for (const name of ["first", "second", "blocker"]) {
    subject.on(name, () => new Promise((resolve) => release.set(name, () => resolve(exitResponse(name)))));
  }
  const given: unknown[] = [];
  subject.on("caller", ({ results }) => {
    given.push(results.map(({ output }) => output));
    if (results.some(({ output }) => output === "second")) return exitResponse("done");
    const calls = ["first", "second"].map((name, index) => {
      return { correlationId: BigInt(index), function: name, input: "", expirationMs: undefined };
    });
    const left = results.length === 0 ? calls : [];
    return pollResponse({ state: "s", calls: left, maxWaitMs: 1e6, min: 1, max: 10 });
  });
  const id = await subject.dispatch("caller");
  await subject.settle();
  await subject.dispatch("blocker");
  await subject.dispatch("blocker");
  await subject.settle();
  // Two blockers hold two places; the caller, once ready, waits for one.
  release.get("first")!();
  await subject.settle();
  const { promise, resolve: commit } = Promise.withResolvers<void>();
  store.hold = promise;
  release.get("second")!();
  release.get("blocker")!();
  await subject.settle();
  await subject.settle();
  commit();
  store.hold = undefined;
  assert.equal((await subject.result(id)).text, "done");
  assert.deepEqual(given, [[], ["first"], ["second"]]);
  await subject.close();
});

test("more than may live at a time is refused, and taken again when there is room", async () => {
  let answer: (bytes: Uint8Array) => void = () => {};
  const subject = await new Subject()
    .on("slow", () => new Promise((resolve) => (answer = resolve)))
    .open({ liveCallsMax: 1 });
  await subject.dispatch("slow");
  const exhausted = (error: unknown) =>
    error instanceof SchedulerError && error.code === "resource_exhausted" && error.retryAfterMs === 1000;
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("slow")])), exhausted);
  await subject.settle();
  answer(exitResponse("done"));
  await subject.settle();
  await subject.dispatch("slow");
  await subject.close();
});

/** A caller that makes `count` calls, once, and says what it hears. */
function callerOf(count: number) {
  const calls = Array.from({ length: count }, (_, index) => ({
    correlationId: BigInt(index),
    function: "child",
    input: "",
    expirationMs: undefined,
  }));
  return ({ refused, results }: ReceivedRun) => {
    if (refused) return exitResponse("refused");
    if (results.length > 0) return exitResponse("done");
    return pollResponse({ state: "s", calls, maxWaitMs: 1e9, min: count, max: 1000 });
  };
}

test("what calls make has room beyond what clients may fill, and no more than that", async () => {
  const subject = await new Subject()
    .on("slow", pending)
    .on("child", () => exitResponse("child"))
    .on("caller", callerOf(2))
    .open({ liveCallsMax: 20 });
  const id = await subject.dispatch("caller");
  await subject.until(subject.scheduler.dispatch(Array.from({ length: 17 }, () => call("slow"))));
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("slow")])), /too many calls/);
  assert.equal((await subject.result(id)).text, "done");
  await subject.close();
});

test("callers that wait for each other's room are told, and none waits for ever", async () => {
  const subject = await new Subject()
    .on("child", () => exitResponse("child"))
    .on("caller", callerOf(3))
    .open({ liveCallsMax: 10 });
  let most = 0;
  const inner = subject.deliver.bind(subject);
  subject.deliver = (run) => {
    most = Math.max(most, subject.scheduler.stats().liveCalls);
    return inner(run);
  };
  const ids = await subject.until(
    subject.scheduler.dispatch(Array.from({ length: 9 }, () => call("caller"))),
  );
  const texts: (string | undefined)[] = [];
  for (const id of ids) texts.push((await subject.result(id)).text);
  assert.ok(most <= 10, `${most} lived at a time`);
  assert.ok(
    texts.every((text) => text === "done" || text === "refused"),
    texts.join(),
  );
  assert.ok(subject.clock.now() - Date.UTC(2030, 0, 1) < 300_000);
  assert.ok(subject.events.some((event) => event.type === "scheduler-calls-refused"));
  await subject.close();
});

test("a poll that waits for room goes on when there is some", async () => {
  let release = () => {};
  const subject = await new Subject()
    .on("slow", () => new Promise((resolve) => (release = () => resolve(exitResponse("over")))))
    .on("child", () => exitResponse("child"))
    .on("caller", callerOf(9))
    .open({ liveCallsMax: 10 });
  await subject.dispatch("slow");
  const id = await subject.dispatch("caller");
  await subject.clock.advance(1_000);
  assert.equal(await subject.stateOf(id), "delayed");
  release();
  assert.equal((await subject.result(id)).text, "done");
  await subject.close();
});

test("a poll that can never have room is refused at once", async () => {
  const subject = await new Subject().on("caller", callerOf(10)).open({ liveCallsMax: 10 });
  const id = await subject.dispatch("caller");
  await subject.settle();
  assert.equal((await subject.result(id)).text, "refused");
  assert.equal(subject.runs.length, 2);
  const [, told] = await subject.until(subject.scheduler.events(id));
  assert.equal(told?.kind, "poll_refused");
  assert.equal(told.message, "poll.calls: there is room for 9 more calls, not for 10");
  await subject.close();
});

test("closing makes answers durable, aborts what runs, and tells whoever waits", async () => {
  let aborted = false;
  const subject = await new Subject()
    .on("slow", (_run, { signal }) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return pending();
    })
    .open();
  const id = await subject.dispatch("slow");
  await subject.settle();
  const waiting = subject.scheduler.wait(id);
  const closing = Promise.all([subject.scheduler.close(), subject.scheduler.close()]);
  await assert.rejects(subject.until(waiting), unavailable);
  await subject.until(closing);
  assert.ok(aborted);
  await assert.rejects(subject.scheduler.dispatch([call("slow")]), unavailable);
  await subject.reopen();
  assert.equal(subject.scheduler.recovered.live, 1);
});

test("closing does not wait for ever for a store that takes nothing; what it did not take runs again", async () => {
  const store = new RefusingStore();
  const subject = await new Subject(store).open();
  subject.on("greet", () => {
    store.refuse = full;
    return exitResponse("hello");
  });
  const id = await subject.dispatch("greet");
  await subject.clock.advance(1_000);
  await subject.close();
  store.refuse = undefined;
  subject.on("greet", () => exitResponse("again"));
  await subject.reopen();
  assert.equal((await subject.result(id)).text, "again");
  await subject.close();
});

test("a run whose answer never comes is given up and tried again; the late answer is dropped and counted", async () => {
  const answers: ((bytes: Uint8Array) => void)[] = [];
  const subject = await new Subject()
    .on("lost", () => new Promise((resolve) => answers.push(resolve)))
    .open({ runTimeoutMs: 30_000 });
  const id = await subject.dispatch("lost");
  await subject.clock.advance(31_000);
  assert.equal(answers.length, 2);
  answers[0]!(exitResponse("late"));
  await subject.settle();
  assert.equal(await subject.stateOf(id), "running");
  answers[1]!(exitResponse("in time"));
  assert.equal((await subject.result(id)).text, "in time");
  const drops = subject.events.filter(({ type }) => type === "scheduler-answer-dropped");
  assert.deepEqual(drops, [{ type: "scheduler-answer-dropped", reason: "stale" }]);
  await subject.close();
});

test("a clock that is set forward does not use up the time of the runs under way", async () => {
  const subject = await new Subject().on("slow", pending).open({ runTimeoutMs: 30_000 });
  await subject.dispatch("slow");
  await subject.clock.advance(10_000);
  subject.clock.setForward(3_600_000);
  await subject.clock.advance(19_000);
  assert.equal(subject.runs.length, 1);
  await subject.clock.advance(3_000);
  assert.equal(subject.runs.length, 2, "its time is over when it is");
  await subject.close();
});

test("a clock that is set forward past a call's expiration expires it, whether it runs or not", async () => {
  const subject = await new Subject().on("slow", pending).open({ runTimeoutMs: 30_000 });
  const id = await subject.dispatch("slow", { expirationMs: 60_000 });
  await subject.settle();
  subject.clock.setForward(3_600_000);
  await subject.clock.advance(6_000);
  assert.equal(await subject.stateOf(id), "expired");
  await subject.close();
});

test("a delivery that throws counts as TEMPORARY_ERROR", async () => {
  let broken = true;
  const subject = await new Subject()
    .on("greet", () => {
      if (!broken) return exitResponse("hello");
      broken = false;
      throw new Error("broken delivery");
    })
    .open();
  const id = await subject.dispatch("greet");
  assert.equal((await subject.result(id)).status, Status.OK);
  const [, failed] = await subject.until(subject.scheduler.events(id));
  assert.match(failed!.message, /TEMPORARY_ERROR: broken delivery/);
  await subject.close();
});

test("a clock that jumps back goes on at its own pace, also over a restart", () => {
  const wall = { ms: 1_000_000 };
  const monotonic = { ms: 50 };
  const sources = { wallMs: () => wall.ms, monotonicMs: () => monotonic.ms };
  const clock = new SystemClock(0, sources);
  assert.equal(clock.now(), 1_000_000);
  wall.ms = 400_000;
  monotonic.ms += 250;
  assert.equal(clock.now(), 1_000_250);
  wall.ms = 2_000_000;
  assert.equal(clock.now(), 2_000_000);
  wall.ms = 1_500_000;
  monotonic.ms += 10;
  assert.equal(clock.now(), 2_000_010);
  const restarted = new SystemClock(2_000_010, sources);
  monotonic.ms += 5;
  assert.equal(restarted.now(), 2_000_015);
});

test("a delivery that throws before it gives a promise is a delivery that rejects", async () => {
  const subject = await new Subject().open();
  let thrown = 0;
  const inner = subject.deliver.bind(subject);
  subject.deliver = (run) => {
    if (thrown++ === 0) throw new Error("not even a promise");
    return inner(run);
  };
  subject.on("greet", () => exitResponse("hello"));
  assert.equal((await subject.result(await subject.dispatch("greet"))).text, "hello");
  await subject.close();
});

test("a timer of days is due when the clock says so, also after the machine slept", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const day = 86_400_000;
  const wall = { ms: 1_000_000 };
  const clock = new SystemClock(0, { wallMs: () => wall.ms, monotonicMs: () => 0 });
  const fired: string[] = [];
  clock.setTimer(wall.ms + day, () => fired.push("a day"));
  clock.setTimer(wall.ms + 40 * day, () => fired.push("40 days"));
  const callOff = clock.setTimer(wall.ms + day, () => fired.push("called off"));
  const pass = (ms: number) => {
    wall.ms += ms;
    context.mock.timers.tick(ms);
  };
  pass(60_000);
  callOff();
  assert.deepEqual(fired, []);
  wall.ms += 2 * day;
  pass(60_000);
  context.mock.timers.tick(1);
  assert.deepEqual(fired, ["a day"]);
});
