import assert from "node:assert/strict";
import { test } from "node:test";
import { setupPool } from "./pool.test-support.ts";

/** Runs `guilty` while innocents of another kind are in flight, on one thread: none of them may fail. */
async function underLoad(guilty: [string, unknown?], options = {}) {
  await using t = await setupPool(options);
  await t.run("echo");
  const innocents = Array.from({ length: 64 }, (_, i) => t.run(i % 2 === 0 ? "sleep" : "echo", 15));
  const verdict = t.run(...guilty);
  const later = Array.from({ length: 16 }, () => t.run("sleep", 15));
  assert.deepEqual(new Set(await Promise.all([...innocents, ...later])), new Set([15]));
  const answer = String(await verdict);
  assert.equal(await t.run("echo", "alive"), "alive");
  return { answer, snapshot: t.pool.snapshot(), events: t.events };
}

test("process.exit fails its own run only, and permanently", async () => {
  const { answer, snapshot } = await underLoad(["exit", 1]);
  assert.match(
    answer,
    /^PERMANENT_ERROR ProcessExit: function 'exit' ended its thread: it called process\.exit\(1\)/,
  );
  assert.equal(snapshot.threadDeaths.exit, 1);
  assert.ok(snapshot.runsRepeated > 0);
});

test("process.exit after an await still finds its run", async () => {
  assert.match((await underLoad(["exitLater", 0])).answer, /ProcessExit: .*process\.exit\(0\)/);
});

test("an error that nobody catches fails the run whose code threw it", async () => {
  assert.match(
    (await underLoad(["throwLater", "lost error"])).answer,
    /^PERMANENT_ERROR UncaughtError: .*lost error/s,
  );
});

test("a rejection that nobody handles fails the run whose code caused it", async () => {
  assert.match(
    (await underLoad(["rejectLater", "lost promise"])).answer,
    /UncaughtError: .*unhandled rejection.*lost promise/s,
  );
});

test("an endless loop is a timeout of its own run", async () => {
  const { answer, snapshot } = await underLoad(["loop"], { runTimeoutMs: 150 });
  assert.match(answer, /^TIMEOUT RunTimeout: .*blocked the thread for longer than 150 ms/);
  assert.equal(snapshot.threadDeaths.blocked, 1);
});

test("an endless loop after an await is found by running the suspects apart", async () => {
  const { answer, snapshot } = await underLoad(["loopLater"], { runTimeoutMs: 150 });
  assert.match(answer, /^TIMEOUT RunTimeout/);
  assert.equal(snapshot.threadDeaths.blocked, 2);
});

test("a run that fills the heap fails, temporarily, and by itself", async () => {
  const { answer, snapshot } = await underLoad(["fill"], { threadMemoryMiB: 32 });
  assert.match(answer, /^TEMPORARY_ERROR OutOfMemory: .*heap of 32 MiB is full/);
  assert.equal(snapshot.threadDeaths["out-of-memory"], 2);
});

test("a run that waits too long is aborted and then answered with TIMEOUT", async () => {
  await using t = await setupPool({ runTimeoutMs: 50 });
  const [polite, deaf, quick] = await Promise.all([t.run("untilAborted"), t.run("deaf"), t.run("echo", 1)]);
  assert.equal(polite, "TimeoutError");
  assert.match(String(deaf), /^TIMEOUT RunTimeout/);
  assert.equal(quick, 1);
  assert.equal(t.pool.snapshot().threadStarts, 1);
});

test("a runner that throws answers that run", async () => {
  await using t = await setupPool();
  assert.match(String(await t.run("fail")), /^PERMANENT_ERROR UncaughtError: .*the runner failed/);
});

test("threads that end again and again trip the breaker instead of spinning", async () => {
  await using t = await setupPool();
  for (let i = 0; i < 5; i++) assert.match(String(await t.run("exit", 1)), /ProcessExit/);
  assert.match(String(await t.run("echo", 1)), /^TEMPORARY_ERROR PoolUnavailable/);
  assert.ok(t.pool.snapshot().breakerOpenForMs > 0);
  assert.equal(t.pool.snapshot().threadStarts, 5);
});

test("a death is told once, with its reason and the function to blame", async () => {
  const { events } = await underLoad(["exit", 3]);
  const deaths = events.filter((event) => event.type === "pool-thread-died" && event.reason === "exit");
  assert.equal(deaths.length, 1);
  assert.equal(deaths[0]!.type === "pool-thread-died" && deaths[0]!.functionName, "exit");
});
