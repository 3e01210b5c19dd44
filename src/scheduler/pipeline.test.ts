/** What waits for which commit, and what does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, MemoryStore, type StoreSession } from "../store/index.ts";
import { call, pending, Subject } from "./scheduler.test-support.ts";

/** A memory store whose commits wait for `hold`, and are told by their sizes. */
class HoldingStore extends MemoryStore {
  hold: Promise<void> | undefined;
  readonly sizes: number[] = [];

  override async open(): Promise<StoreSession> {
    const session = await super.open();
    const commit = session.commit.bind(session);
    session.commit = async (changes: readonly Change[]) => {
      this.sizes.push(changes.length);
      await this.hold;
      return await commit(changes);
    };
    return session;
  }
}

async function setup() {
  const store = new HoldingStore();
  const subject = await new Subject(store).on("pending", pending).on("other", pending).open();
  /** The next commits wait until it is called. */
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    store.hold = promise;
    return resolve;
  };
  const dispatch = async (...names: string[]) => {
    const ids = subject.scheduler.dispatch(names.map((name) => call(name)));
    ids.catch(() => {});
    await subject.settle();
  };
  return { store, subject, hold, dispatch };
}

test("a call starts when its own commit is durable, whatever is being written by then", async () => {
  const { store, subject, hold, dispatch } = await setup();
  const first = hold();
  await dispatch("pending");
  await dispatch("other", "other");
  const second = hold();
  first();
  await subject.settle();
  const started = () => subject.runs.map((run) => run.function);
  assert.deepEqual([store.sizes, started()], [[1, 2], ["pending"]]);
  second();
  await subject.settle();
  assert.deepEqual(started(), ["pending", "other", "other"]);
  await subject.close();
});
