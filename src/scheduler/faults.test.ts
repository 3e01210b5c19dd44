/** What can be wrong around the scheduler: the store, the clock, the destinations, too much work. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "../store/index.ts";
import { Status } from "../wire/status.ts";
import { SystemClock } from "./clock.ts";
import { SchedulerError } from "./errors.ts";
import { call, pending, RefusingStore, Subject } from "./scheduler.test-support.ts";
import { exitResponse, pollResponse } from "./simulation/messages.ts";

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
