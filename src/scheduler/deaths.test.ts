/** Processes that die: whose fault it was, and what becomes of those beside. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../wire/status.ts";
import type { SchedulerOptions } from "./options.ts";
import { call, pending, Subject } from "./scheduler.test-support.ts";
import { MemoryRunJournal } from "./simulation/memory-journal.ts";
import { exitResponse } from "./simulation/messages.ts";

/** Processes on one store and one journal, one after the other. */
function setup() {
  const subject = new Subject();
  const options: Partial<SchedulerOptions> = { journal: new MemoryRunJournal(), isOwn: () => true };
  return {
    subject,
    start: () => subject.open(options),
    async die() {
      subject.runs.length = 0;
      await subject.reopen(options);
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
  const options: Partial<SchedulerOptions> = {
    journal: new MemoryRunJournal(),
    isOwn: (endpoint) => endpoint === "bridge://test",
  };
  subject.on("killer", pending).on("remote", pending);
  await subject.open(options);
  await subject.dispatch("killer");
  for (let death = 0; death < 2; death++) {
    await subject.settle();
    await subject.reopen(options);
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
