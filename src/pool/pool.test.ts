import assert from "node:assert/strict";
import { test } from "node:test";
import { PoolClosedError, PoolFullError, ThreadStartError } from "./errors.ts";
import { fixture, setupPool } from "./pool.test-support.ts";

test("a run goes to a thread and its answer comes back", async () => {
  await using t = await setupPool();
  assert.ok(t.functions.some((one) => one.name === "echo"));
  assert.equal(await t.run("echo", "hello"), "hello");
});

test("a thousand runs that wait share one thread", async () => {
  await using t = await setupPool();
  const results = await Promise.all(Array.from({ length: 1_000 }, () => t.run("sleep", 5)));
  assert.equal(results.length, 1_000);
});

test("runs of one turn travel in batches", async () => {
  await using t = await setupPool({ batchRunsMax: 64 });
  await t.run("echo", 0);
  const before = t.pool.snapshot();
  await Promise.all(Array.from({ length: 200 }, (_, i) => t.run("echo", i)));
  const { batchesSent, runsSent } = t.pool.snapshot();
  assert.equal(runsSent - before.runsSent, 200);
  assert.ok(batchesSent - before.batchesSent < 20, `${batchesSent - before.batchesSent} batches`);
});

test("answers carry large responses and many small ones alike", async () => {
  await using t = await setupPool();
  const [large, ...small] = await Promise.all([
    t.run("bytes", 3_000_000),
    ...Array.from({ length: 50 }, (_, i) => t.run("echo", i)),
  ]);
  assert.equal((large as string).length, 3_000_000);
  assert.deepEqual(
    small,
    Array.from({ length: 50 }, (_, i) => i),
  );
});

test("a slow run of a batch does not hold the answer of a fast one", async () => {
  await using t = await setupPool();
  const slow = t.run("sleep", 10_000, AbortSignal.timeout(1_000));
  assert.equal(await t.run("echo", 1), 1);
  await Promise.race([slow, t.run("echo", 2)]).then((first) => assert.equal(first, 2));
  await t.pool.close();
});

test("computing runs are shared out over the threads", async () => {
  await using t = await setupPool({ threadsMax: 2 });
  await Promise.all(Array.from({ length: 8 }, () => t.run("compute", 3)));
  await Promise.all(Array.from({ length: 40 }, () => t.run("compute", 3)));
  // Both threads had batches: each thread's heap was asked for, and each has answered something.
  assert.equal(t.pool.snapshot().threads.length, 2);
});

test("a full queue refuses at once and says when to come again", async () => {
  await using t = await setupPool({ concurrency: 1, queueMax: 2 });
  const taken = [1, 2, 3].map(() => t.run("sleep", 20));
  await assert.rejects(
    t.run("echo"),
    (error) => error instanceof PoolFullError && error.retryAfterMs >= 1_000,
  );
  await Promise.all(taken);
  assert.equal(await t.run("echo", "again"), "again");
});

test("a module that cannot load fails the start and says which and why", async () => {
  await assert.rejects(setupPool({ modules: [fixture("broken-module.ts")] }), (error) => {
    assert.ok(error instanceof ThreadStartError);
    assert.match(error.message, /this module cannot load/);
    assert.match((error.cause as Error).stack!, /broken-module\.ts/);
    return true;
  });
});

test("more threads take effect without a failed run, and fewer too", async () => {
  await using t = await setupPool({ threadsMax: 1 });
  const load = Promise.all(Array.from({ length: 300 }, () => t.run("sleep", 20)));
  await t.pool.reconfigure({ ...t.pool.options, threadsMin: 3, threadsMax: 3 });
  assert.equal(t.pool.snapshot().threads.length, 3);
  const more = Promise.all(Array.from({ length: 300 }, () => t.run("sleep", 20)));
  await t.pool.reconfigure({ ...t.pool.options, threadsMin: 1, threadsMax: 1 });
  assert.equal((await load).filter((result) => result === 20).length, 300);
  assert.equal((await more).filter((result) => result === 20).length, 300);
});

test("a setting of the threads themselves replaces them one generation by the next", async () => {
  await using t = await setupPool();
  const before = t.pool.snapshot().threads.map((thread) => thread.id);
  const load = t.run("sleep", 30);
  await t.pool.reconfigure({ ...t.pool.options, threadMemoryMiB: 200 });
  assert.equal(await load, 30);
  assert.equal(await t.run("echo", 1), 1);
  assert.ok(!t.pool.snapshot().threads.some((thread) => before.includes(thread.id) && thread.ready));
});

test("draining answers what was taken and takes no more", async () => {
  await using t = await setupPool();
  const taken = t.run("sleep", 30);
  const drained = t.pool.drain(5_000);
  await assert.rejects(t.run("echo"), PoolClosedError);
  await drained;
  assert.equal(await taken, 30);
});

test("a drain past its deadline cancels what is left and answers it", async () => {
  await using t = await setupPool();
  const polite = t.run("untilAborted");
  const deaf = t.run("deaf");
  await t.pool.drain(20);
  assert.equal(await polite, "AbortError");
  assert.match(String(await deaf), /^TEMPORARY_ERROR RunCancelled: .*cancelled/);
});

test("closing twice, or before a start, is harmless", async () => {
  const t = await setupPool();
  await t.pool.close();
  await t.pool.close();
});

test("cancelling reaches the function as an AbortSignal", async () => {
  await using t = await setupPool();
  const controller = new AbortController();
  const running = t.run("untilAborted", undefined, controller.signal);
  await t.run("echo");
  controller.abort();
  assert.equal(await running, "AbortError");
});

test("a run cancelled before it starts never starts", async () => {
  await using t = await setupPool();
  assert.match(String(await t.run("exit", 1, AbortSignal.abort())), /cancelled/);
  assert.equal(t.pool.snapshot().threadDeaths.exit, 0);
});

test("threads above the minimum start under load and end when idle", async () => {
  await using t = await setupPool({ threadsMin: 1, threadsMax: 2, concurrency: 1, idleTimeoutMs: 20 });
  await Promise.all(Array.from({ length: 30 }, () => t.run("sleep", 20)));
  assert.equal(t.pool.snapshot().threadStarts, 2);
  while (t.pool.snapshot().threads.length > 1) await t.run("sleep", 10);
});
