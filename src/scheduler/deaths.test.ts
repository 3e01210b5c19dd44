/** Processes that die: whose fault it was, and what becomes of those beside. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../wire/status.ts";
import type { SchedulerOptions } from "./options.ts";
import { call, pending, Subject } from "./scheduler.test-support.ts";
import { MemoryRunJournal } from "./simulation/memory-journal.ts";
import { exitResponse } from "./simulation/messages.ts";

/** Processes on one store and one journal, one after the other. */
function setup(changes: Partial<SchedulerOptions> = {}) {
  const subject = new Subject();
  let journal = new MemoryRunJournal();
  const options = () => ({ ...changes, journal, isOwn: () => true });
  return {
    subject,
    start: () => subject.open(options()),
    async die() {
      subject.runs.length = 0;
      journal = new MemoryRunJournal(journal);
      await subject.reopen(options());
      await subject.settle();
    },
    /** As if processes had died in the first attempts of these calls, twice. */
    suspect: (ids: number[]) =>
      journal.begin(
        subject.scheduler.storeTag,
        ids.map((id) => ({ id, attempt: 1, deaths: 2 })),
      ),
    /** What the next process would be told. */
    underWay: () => new MemoryRunJournal(journal).read().runs,
    /** The store is opened again in the same process. */
    async lose() {
      await subject.close();
      await subject.open(options());
      await subject.settle();
    },
    running: () => subject.runs.map((run) => run.function),
  };
}

test("a call that kills every process that runs it fails after three deaths; those beside it end well", async () => {
  const { subject, start, die, running } = setup();
  subject
    .on("killer", pending)
    .on("slow", pending)
    .on("quick", () => exitResponse("done"));
  await start();
  const killer = await subject.dispatch("killer");
  const slow = [await subject.dispatch("slow"), await subject.dispatch("slow")];
  await subject.settle();
  assert.deepEqual(running().sort(), ["killer", "slow", "slow"]);

  await die();
  assert.deepEqual(running(), ["killer"], "suspects run one at a time");
  const fresh = await subject.dispatch("quick");
  assert.equal((await subject.result(fresh)).text, "done", "others run beside a suspect");

  subject.on("slow", () => exitResponse("done"));
  await die();
  for (const id of slow) assert.equal((await subject.result(id)).text, "done");
  await subject.settle();
  assert.deepEqual(running(), ["slow", "slow", "killer"]);
  const waiting = await subject.dispatch("quick");
  await subject.settle();
  assert.equal(await subject.stateOf(waiting), "ready", "nothing runs beside one that is nearly found out");

  await die();
  assert.equal((await subject.result(waiting)).text, "done");
  const result = await subject.result(killer);
  assert.equal(result.status, Status.PERMANENT_ERROR);
  assert.match(
    Buffer.from(result.error!).toString(),
    /ProcessDied.*the process died 3 times while this call ran/s,
  );
  const events = await subject.until(subject.scheduler.events(killer));
  assert.deepEqual(
    events.map(({ kind, message }) => `${kind} ${message}`),
    [
      "dispatched ",
      ...Array.from({ length: 3 }, () => "attempt_failed the process died during the run"),
      "ended failed",
    ],
  );
  await subject.close();
});

test("a call that stands beside the killer at every death is never to blame", async () => {
  const { subject, start, die } = setup();
  subject.on("killer", pending).on("slow", pending);
  await start();
  const slow = await subject.dispatch("slow");
  for (let death = 0; death < 6; death++) {
    // Each time another call kills: none is ever seen twice.
    await subject.dispatch("killer", { expirationMs: 1_000_000 });
    await die();
  }
  subject.on("slow", () => exitResponse("done"));
  await die();
  assert.equal((await subject.result(slow)).text, "done");
});

test("a process that is closed, or told that it will end, leaves no suspect", async () => {
  const { subject, start, die, running } = setup();
  subject.on("slow", pending);
  await start();
  await subject.dispatch("slow");
  await subject.dispatch("slow");
  await subject.settle();
  subject.scheduler.announceEnd();
  await die();
  assert.deepEqual(running(), ["slow", "slow"]);
  await subject.close();
  await die();
  assert.deepEqual(running(), ["slow", "slow"]);
});

test("runs elsewhere are neither suspects nor held up", async () => {
  const subject = new Subject();
  let journal = new MemoryRunJournal();
  const isOwn = (endpoint: string) => endpoint === "bridge://test";
  subject.on("killer", pending).on("remote", pending);
  await subject.open({ journal, isOwn });
  await subject.dispatch("killer");
  for (let death = 0; death < 2; death++) {
    await subject.settle();
    journal = new MemoryRunJournal(journal);
    await subject.reopen({ journal, isOwn });
  }
  await subject.settle();
  subject.runs.length = 0;
  await subject.until(
    subject.scheduler.dispatch([call("remote", { endpoint: "http://elsewhere" }), call("remote")]),
  );
  await subject.settle();
  assert.deepEqual(
    subject.runs.map((run) => run.endpoint),
    ["http://elsewhere"],
  );
});

test("a suspect that is cancelled while it waits for its turn holds nobody up", async () => {
  const { subject, start, die, running } = setup();
  subject.on("slow", pending).on("quick", () => exitResponse("done"));
  await start();
  const first = await subject.dispatch("slow");
  await die();
  await die();
  const second = await subject.dispatch("quick");
  await subject.until(subject.scheduler.cancel(first));
  assert.equal((await subject.result(second)).text, "done");
  assert.deepEqual(running(), ["slow", "quick"]);
  await subject.close();
});

for (const how of ["was given up", "is of before the store was opened again"] as const) {
  test(`a suspect is not alone beside a run that ${how}, until that answers`, async () => {
    const retry = { firstDelayMs: 1e9, delayMsMax: 1e9 };
    const { subject, start, die, lose, underWay, suspect } = setup({
      runTimeoutMs: 1_000,
      graceMs: 0,
      retry,
    });
    const answers: ((response: Uint8Array) => void)[] = [];
    const answerLater = () => new Promise<Uint8Array>((resolve) => answers.push(resolve));
    subject.on("suspect", answerLater).on("slow", answerLater);
    await start();
    await subject.dispatch("suspect", { delayMs: 5_000 });
    await subject.dispatch("suspect", { delayMs: 10_000 });
    suspect([1, 2]);
    await die();
    await subject.dispatch("slow");
    await subject.settle();
    if (how !== "was given up") {
      await lose();
      answers[1]!(exitResponse("done"));
    }
    await subject.clock.advance(5_500);
    assert.deepEqual(underWay().at(-1), { id: 1, attempt: 1, alone: false });
    for (const answer of answers) answer(exitResponse("late"));
    await subject.clock.advance(5_000);
    assert.ok(underWay().some(({ id, alone }) => id === 2 && alone));
  });
}

test("a suspect that waits for a call which it holds up has the others go on, and is not alone then", async () => {
  const { subject, start, die, underWay, suspect } = setup();
  subject.on("child", pending).on("parent", async () => {
    const [id] = await subject.scheduler.dispatch([call("child")]);
    await subject.scheduler.wait(id!);
    return exitResponse("done");
  });
  await start();
  await subject.dispatch("parent", { delayMs: 1_000 });
  suspect([1]);
  await die();
  await subject.clock.advance(1_500);
  assert.deepEqual(underWay(), [{ id: 1, attempt: 1, alone: true }]);
  await subject.clock.advance(8_000);
  assert.deepEqual(
    underWay().map(({ id, alone }) => [id === 1, alone]),
    [
      [true, false],
      [false, false],
    ],
  );
});

test("suspects that wait for their turn count as ready calls", async () => {
  const { subject, start, die } = setup();
  subject.on("slow", pending);
  await start();
  await subject.dispatch("slow");
  await subject.dispatch("slow");
  await subject.settle();
  await die();
  await subject.clock.advance(1_500);
  const { readyCalls, oldestReadyMs } = subject.scheduler.stats();
  assert.deepEqual({ readyCalls, oldestReadyMs }, { readyCalls: 1, oldestReadyMs: 1_500 });
});

test("a suspect that is cancelled while it waits to be alone holds nobody back any more", async () => {
  const { subject, start, die, running, suspect } = setup();
  subject.on("slow", pending).on("suspect", pending);
  await start();
  const id = await subject.dispatch("suspect", { delayMs: 1_000 });
  suspect([1]);
  await die();
  await subject.dispatch("slow");
  await subject.clock.advance(1_500);
  await subject.dispatch("slow");
  await subject.settle();
  assert.deepEqual(running(), ["slow"]);
  await subject.until(subject.scheduler.cancel(id));
  await subject.settle();
  assert.deepEqual(running(), ["slow", "slow"]);
  await subject.close();
});
