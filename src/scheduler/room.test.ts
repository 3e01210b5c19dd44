/** More calls than may live. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, pending, Subject } from "./scheduler.test-support.ts";
import { exitResponse, pollResponse, type ReceivedRun } from "./simulation/messages.ts";

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
  const slow = Array.from({ length: 17 }, () => call("slow"));
  const [id] = await subject.until(subject.scheduler.dispatch([call("caller"), ...slow]));
  await assert.rejects(subject.until(subject.scheduler.dispatch([call("slow")])), /too many calls/);
  assert.equal((await subject.result(id!)).text, "done");
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
