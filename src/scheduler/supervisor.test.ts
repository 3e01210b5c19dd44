import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "../store/index.ts";
import type { TelemetryEvent } from "../telemetry/events.ts";
import { SchedulerError } from "./errors.ts";
import { call, pending, RefusingStore, Subject } from "./scheduler.test-support.ts";
import { MemoryRunJournal } from "./simulation/memory-journal.ts";
import { exitResponse } from "./simulation/messages.ts";
import { SchedulerSupervisor, type SupervisorOptions } from "./supervisor.ts";

async function setup(options: Partial<SupervisorOptions> = {}) {
  const store = new RefusingStore();
  const subject = new Subject(store);
  const events: TelemetryEvent[] = [];
  const reopened: unknown[] = [];
  const supervisor = await subject.until(
    SchedulerSupervisor.open({
      store,
      delivery: subject,
      clock: subject.clock,
      telemetry: { emit: (event) => events.push(event) },
      onReopened: (scheduler) => reopened.push(scheduler),
      ...options,
    }),
  );
  const dispatch = async (name: string) => {
    const [id] = await subject.until(supervisor.current.dispatch([call(name)]));
    return id!;
  };
  const storeEvents = () =>
    events.flatMap((event) =>
      event.type === "scheduler-store-lost"
        ? [`lost: ${event.code}, ${event.reopenInMs}`]
        : event.type === "scheduler-store-reopened"
          ? ["reopened"]
          : [],
    );
  return { store, subject, supervisor, reopened, dispatch, storeEvents };
}

const unavailable = (error: unknown) => error instanceof SchedulerError && error.code === "unavailable";

test("a store that was lost is opened again when it can be, and what lives in it goes on", async () => {
  const { store, subject, supervisor, reopened, dispatch, storeEvents } = await setup();
  let runs = 0;
  subject.on("greet", () => {
    runs += 1;
    if (runs === 1) store.refuse = new StoreError("read_only", "remounted read-only");
    return exitResponse("hello");
  });
  const id = await dispatch("greet");
  await subject.settle();
  const before = supervisor.current;
  store.refuseOpening = new StoreError("read_only", "remounted read-only");
  await subject.clock.advance(10_000);
  assert.match(supervisor.unready()!, /^the store was lost \(read_only\)$/);
  await assert.rejects(subject.until(supervisor.current.dispatch([call("greet")])), unavailable);
  store.refuse = undefined;
  store.refuseOpening = undefined;
  await subject.clock.advance(30_000);
  assert.equal(supervisor.unready(), undefined);
  assert.deepEqual(reopened, [supervisor.current]);
  assert.notEqual(supervisor.current, before);
  const result = await subject.until(supervisor.current.wait(id));
  assert.equal(result.error, null);
  assert.equal(runs, 2, "the answer that could not be stored is asked for again");
  assert.deepEqual(storeEvents(), [
    "lost: read_only, 1000",
    "lost: read_only, 2000",
    "lost: read_only, 4000",
    "lost: read_only, 8000",
    "reopened",
  ]);
  await subject.until(supervisor.close());
});

test("a run of the scheduler before that answers late takes none of the runs out of the journal", async () => {
  const journal = new MemoryRunJournal();
  const { store, subject, supervisor, dispatch } = await setup({ journal, isOwn: () => true });
  const answers: ((response: Uint8Array) => void)[] = [];
  subject.on("greet", () => new Promise((resolve) => answers.push(resolve)));
  await dispatch("greet");
  await subject.settle();
  store.refuse = new StoreError("gone", "unplugged");
  await assert.rejects(dispatch("greet"), unavailable);
  store.refuse = undefined;
  await subject.clock.advance(30_000);
  answers[0]!(exitResponse("late"));
  await subject.settle();
  await dispatch("greet");
  await subject.settle();
  assert.equal(answers.length, 3);
  const ids = journal.read().runs.map(({ id }) => id);
  assert.equal(ids.length, 2);
  assert.notEqual(ids[0], ids[1], "both runs of this scheduler are there");
  await subject.until(supervisor.close());
});

test("a store that another process has taken over is left to it", async () => {
  const { store, subject, supervisor, storeEvents } = await setup();
  const other = await store.open();
  await assert.rejects(subject.until(supervisor.current.dispatch([call("greet")])), unavailable);
  await subject.clock.advance(600_000);
  assert.match(supervisor.unready()!, /the store was lost/);
  assert.deepEqual(storeEvents(), ["lost: fenced, undefined"]);
  await other.check();
  await subject.until(supervisor.close());
});

test("closing ends the attempts to open the store again", async () => {
  const { store, subject, supervisor, reopened } = await setup();
  store.refuse = new StoreError("gone", "unplugged");
  await assert.rejects(subject.until(supervisor.current.dispatch([call("greet")])), unavailable);
  store.refuse = undefined;
  await subject.until(Promise.all([supervisor.close(), supervisor.close()]));
  await subject.clock.advance(600_000);
  assert.deepEqual(reopened, []);
});

for (const when of ["before the loss", "before it is opened again", "while it is opened again"] as const) {
  test(`an end announced ${when} stays announced: no run is to blame`, async () => {
    const journal = new MemoryRunJournal();
    const { store, subject, supervisor, dispatch } = await setup({ journal, isOwn: () => true });
    subject.on("slow", pending);
    await dispatch("slow");
    await subject.settle();
    assert.equal(journal.read().runs.length, 1);
    if (when === "before the loss") supervisor.announceEnd();
    store.refuse = new StoreError("gone", "unplugged");
    await assert.rejects(dispatch("slow"), unavailable);
    store.refuse = undefined;
    if (when === "before it is opened again") supervisor.announceEnd();
    const opening = Promise.withResolvers<void>();
    const { open } = store;
    store.open = async (options) => {
      await opening.promise;
      return await open.call(store, options);
    };
    await subject.clock.advance(60_000);
    if (when === "while it is opened again") supervisor.announceEnd();
    opening.resolve();
    await subject.clock.advance(60_000);
    assert.deepEqual(journal.read().runs, []);
    await subject.until(supervisor.close());
  });
}

test("a store that cannot be opened at first is an error", async () => {
  const subject = new Subject();
  const store = new RefusingStore();
  store.refuseOpening = new StoreError("locked", "in use");
  await assert.rejects(
    SchedulerSupervisor.open({ store, delivery: subject, clock: subject.clock }),
    /in use/,
  );
});
