import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PoolClosedError, PoolFullError, ThreadStartError } from "./errors.ts";
import { fixture, newPool, setupPool, testPool } from "./pool.test-support.ts";

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
  const answers = Array.from({ length: 20 }, () => t.run("threadAfter", 3));
  assert.equal(new Set(await Promise.all(answers)).size, 2);
});

test("short runs are answered while a long one computes, and are not behind it in any queue", async () => {
  await using t = await setupPool({ threadsMax: 2 });
  await Promise.all(Array.from({ length: 10 }, () => t.run("compute", 2)));
  let longOnes = 0;
  const long = Array.from({ length: 4 }, () => t.run("compute", 250).then(() => longOnes++));
  await Promise.all(Array.from({ length: 20 }, (_, i) => t.run("echo", i)));
  assert.ok(longOnes <= 2, `${longOnes} long runs ended before 20 short ones`);
  await Promise.all(long);
});

test("runs behind one that computes unexpectedly move to another thread, and run once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dispatch-pool-"));
  try {
    await using t = await setupPool({ threadsMax: 2 });
    for (let i = 0; i < 60; i++) await t.run("moody", 0);
    let isOver = false;
    const long = t.run("moody", 600).then(() => {
      isOver = true;
    });
    const files = Array.from({ length: 20 }, (_, i) => join(folder, String(i)));
    await Promise.all(files.map((file) => t.run("trace", [file, 0])));
    assert.equal(isOver, false);
    assert.ok(t.pool.snapshot().runsMoved > 0);
    await long;
    for (const file of files) assert.equal(await readFile(file, "utf8"), "x");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a suspended call is resumed in the thread that it was suspended in", async () => {
  // Time stands still: however slow the machine, no thread is taken for silent.
  await using t = await setupPool({ threadsMax: 2 }, () => 0);
  const ids = Array.from({ length: 16 }, (_, i) => `call ${i}`);
  const runAll = (command: string, ms: number) =>
    Promise.all(ids.map(async (id) => (await t.send(command, ms, undefined, id))[4]));
  const first = await runAll("suspend", 2);
  assert.equal(new Set(first).size, 2);
  assert.deepEqual(await runAll("end", 0), first);
});

test("a suspended call whose thread is gone is resumed in another", async () => {
  await using t = await setupPool();
  const [before] = (await t.send("suspend", 0, undefined, "call")).subarray(4);
  assert.match(String(await t.run("exit", 1)), /ProcessExit/);
  const [after] = (await t.send("suspend", 0, undefined, "call")).subarray(4);
  assert.notEqual(after, before);
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

test("the same options again replace no thread", async () => {
  await using t = await setupPool();
  const { threadStarts } = t.pool.snapshot();
  await t.pool.reconfigure({ threadsMax: 1, heartbeatMs: 10, cancelGraceMs: 50 });
  assert.equal(t.pool.snapshot().threadStarts, threadStarts);
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

test("new options that cannot be used change nothing", async () => {
  await using t = await setupPool({ threadsMax: 2 });
  const before = t.pool.snapshot().threads.map((thread) => thread.id);
  const load = Promise.all(Array.from({ length: 100 }, () => t.run("sleep", 20)));
  const broken = { ...t.pool.options, modules: [fixture("broken-module.ts")] };
  await assert.rejects(t.pool.reconfigure(broken), ThreadStartError);
  await assert.rejects(t.pool.reconfigure({ threadsMax: 0 }), RangeError);
  assert.equal((await load).length, 100);
  assert.deepEqual(t.pool.options.modules, []);
  assert.deepEqual(
    t.pool
      .snapshot()
      .threads.filter((thread) => thread.ready)
      .map((thread) => thread.id),
    before,
  );
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

test("closing and draining twice, or before a start, is harmless", async () => {
  const t = await setupPool();
  const taken = t.run("sleep", 20);
  await Promise.all([t.pool.drain(1_000), t.pool.drain(1_000)]);
  assert.equal(await taken, 20);
  await t.pool.close();
  await t.pool.close();
  await t.pool.drain(1_000);
  const never = newPool();
  await never.drain(1_000);
  await never.close();
  await assert.rejects(never.run("echo", new Uint8Array()), PoolClosedError);
});

test("closing answers what was not answered, in threads and in the queue", async () => {
  const t = await setupPool({ concurrency: 1 });
  const open = [t.run("sleep", 5_000), t.run("sleep", 5_000)];
  await t.run("echo", 1, AbortSignal.timeout(30));
  await t.pool.close();
  for (const answer of await Promise.all(open))
    assert.match(String(answer), /^TEMPORARY_ERROR PoolClosed: .*the service is stopping/);
});

test("runs that arrive before the threads are ready wait for them", async () => {
  const { pool, run, [Symbol.asyncDispose]: dispose } = testPool({ threadsMax: 1 });
  const early = run("echo", "early");
  await pool.start();
  assert.equal(await early, "early");
  await dispose();
});

test("a thread that does not get ready in time fails the start", async () => {
  const slow = { modules: [fixture("slow-module.ts")], startTimeoutMs: 300 };
  await assert.rejects(setupPool(slow), /did not start within 300 ms/);
});

test("a module that exits at load fails the start", async () => {
  await assert.rejects(setupPool({ modules: [fixture("exiting-module.ts")] }), ThreadStartError);
});

test("cancelling reaches the function as an AbortSignal", async () => {
  await using t = await setupPool();
  const controller = new AbortController();
  const running = t.run("untilAborted", undefined, controller.signal);
  await t.run("echo");
  controller.abort();
  assert.equal(await running, "AbortError");
});

test("a signal cancels all the runs it was given to that are not answered", async () => {
  await using t = await setupPool();
  const controller = new AbortController();
  const { signal } = controller;
  assert.equal(await t.run("echo", 1, signal), 1);
  const running = [t.run("untilAborted", 1, signal), t.run("untilAborted", 2, signal)];
  const other = t.run("sleep", 30);
  await t.run("echo");
  controller.abort();
  assert.deepEqual(await Promise.all(running), ["AbortError", "AbortError"]);
  assert.match(String(await t.run("echo", 2, signal)), /RunCancelled/);
  assert.equal(await other, 30);
});

test("a caller without a signal cancels with what it is given, before and after the run started", async () => {
  await using t = await setupPool();
  const cancels: (() => void)[] = [];
  const send = (name: string, onAbort: (cancel: () => void) => void) =>
    t.pool.run(name, new TextEncoder().encode(JSON.stringify([name])), { onAbort });
  const running = send("untilAborted", (cancel) => cancels.push(cancel));
  await t.run("echo");
  cancels[0]!();
  assert.match(new TextDecoder().decode(await running), /AbortError/);
  const early = await send("echo", (cancel) => cancel());
  assert.match(new TextDecoder().decode(early), /RunCancelled/);
  cancels[0]!();
  assert.equal(await t.run("echo", 3), 3);
});

test("a run that heeds no cancellation is answered after the grace", async () => {
  await using t = await setupPool({ cancelGraceMs: 20 });
  const controller = new AbortController();
  const running = t.run("deaf", undefined, controller.signal);
  await t.run("echo");
  controller.abort();
  assert.match(String(await running), /^TEMPORARY_ERROR RunCancelled/);
  assert.equal(t.pool.snapshot().inFlight, 0);
});

test("a run cancelled while it waits for a thread, or in one that has not started it, never runs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dispatch-pool-"));
  try {
    await using t = await setupPool();
    const controller = new AbortController();
    const blocking = t.run("compute", 60);
    const file = join(folder, "trace");
    const behind = t.run("trace", [file, 0], controller.signal);
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = t.run("trace", [file, 0], controller.signal);
    controller.abort();
    for (const answer of await Promise.all([behind, waiting]))
      assert.match(String(answer), /^TEMPORARY_ERROR RunCancelled/);
    await blocking;
    await t.run("echo");
    assert.equal(existsSync(file), false);
  } finally {
    await rm(folder, { recursive: true });
  }
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

test("functions compute at a lower priority than the front", {
  skip: process.platform !== "linux",
}, async () => {
  await using t = await setupPool();
  const front = getPriority();
  assert.ok(Number(await t.run("priority")) > front);
  assert.equal(getPriority(), front);
});

test("more runs of a function than its concurrencyMax are told THROTTLED, others are not", async () => {
  await using t = await setupPool();
  const answers = await Promise.all([
    t.run("limited", 30),
    t.run("limited", 30),
    t.run("limited", 30),
    t.run("sleep", 1),
  ]);
  assert.match(String(answers[2]), /^THROTTLED FunctionBusy: function 'limited': 2 runs of it are under way/);
  assert.deepEqual([answers[0], answers[1], answers[3]], [30, 30, 1]);
  assert.equal(await t.run("limited", 1), 1);
});
