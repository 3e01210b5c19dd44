import assert from "node:assert/strict";
import { test } from "node:test";
import type { PoolOptions } from "./options.ts";
import { fixture, setupPool } from "./pool.test-support.ts";

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

test("a rejection that nobody handles fails the run whose code caused it, and its thread lives on", async () => {
  for (const command of ["rejectLater", "reject"]) {
    const { answer, snapshot, events } = await underLoad([command, "lost promise"]);
    assert.match(answer, /^PERMANENT_ERROR UncaughtError: unhandled rejection.*lost promise/s);
    assert.equal(snapshot.threadStarts, 1);
    // The second of two finds its run answered.
    const notices = events.filter((event) => event.type === "notice").map((event) => event.message);
    assert.equal(notices.length, command === "reject" ? 1 : 0);
    for (const text of notices)
      assert.match(text, /in a thread: in code of a run that was answered, .*lost promise/s);
  }
});

test("code that kills the process from inside a run ends its thread only", async () => {
  const { answer, snapshot } = await underLoad(["killItself", "SIGKILL"]);
  assert.match(answer, /^PERMANENT_ERROR ProcessExit: .*process\.kill\(process\.pid, 'SIGKILL'\)/);
  assert.equal(snapshot.threadDeaths.exit, 1);
  assert.equal((await underLoad(["asksWhetherItLives"])).answer, "true");
});

test("a stack overflow and an answer that is no bytes end nothing but their run", async () => {
  for (const [command, message] of [
    ["overflow", /UncaughtError: RangeError: Maximum call stack size exceeded/],
    ["nothing", /UncaughtError: a run was answered with undefined, which is no bytes/],
  ] as const) {
    const { answer, snapshot } = await underLoad([command]);
    assert.match(answer, message);
    assert.equal(snapshot.threadStarts, 1);
  }
});

test("a response above the limit is an error of its own run", async () => {
  const { answer } = await underLoad(["bytes", 5_000], { responseBytesMax: 2_000 });
  assert.match(
    answer,
    /^INVALID_RESPONSE ResponseTooLarge: the response has 5002 bytes, at most 2000 are allowed/,
  );
});

test("an error in code of a run that was answered fails none of the others", async () => {
  const { answer, snapshot, events } = await underLoad(["leavesABomb", 5]);
  assert.equal(answer, "answered");
  assert.equal(snapshot.threadDeaths.uncaught, 1);
  const death = events.find((event) => event.type === "pool-thread-died");
  assert.equal(death?.type === "pool-thread-died" ? death.functionName : "", undefined);
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

test("a run that fills the heap or buffers bit by bit fails by itself, and temporarily", async () => {
  for (const command of ["fillSlowly", "fillBuffers"]) {
    const { answer, snapshot } = await underLoad([command], { threadMemoryMiB: 32 });
    assert.match(answer, /^TEMPORARY_ERROR OutOfMemory/);
    assert.ok(snapshot.threadDeaths["out-of-memory"] > 0);
  }
});

test("garbage is not held against anyone", async () => {
  const { answer, snapshot } = await underLoad(["litter", 200], { threadMemoryMiB: 48 });
  assert.equal(answer, "200");
  assert.equal(snapshot.threadStarts, 1);
});

test("modules that fill the memory fail the start", async () => {
  const modules = [fixture("greedy-module.ts")];
  await assert.rejects(setupPool({ modules, threadMemoryMiB: 32 }), /32/);
});

test("a run whose code fills the heap without letting go fails by itself, and temporarily", async () => {
  const { answer, snapshot } = await underLoad(["fill"], { threadMemoryMiB: 32 });
  assert.match(answer, /^TEMPORARY_ERROR OutOfMemory: .*it holds more than 32 MiB of memory/);
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

test("a function that ends threads again and again is refused, others are not", async () => {
  await using t = await setupPool({ threadsMax: 2 });
  const innocents = Array.from({ length: 20 }, () => t.run("sleep", 400));
  for (let i = 0; i < 5; i++) {
    assert.match(String(await t.run("exit", 1)), /ProcessExit/);
    assert.equal(await t.run("echo", i), i);
  }
  assert.match(
    String(await t.run("exit", 1)),
    /^TEMPORARY_ERROR FunctionUnavailable: .*not run for another \d+ ms/,
  );
  assert.equal(await t.run("echo", 6), 6);
  assert.deepEqual(new Set(await Promise.all(innocents)), new Set([400]));
});

/** 64 callers keep two threads busy while the guilty run one after the other: nothing of theirs may fail. */
async function amongBusyCallers(options: PoolOptions, guilty: [command: string, answer: RegExp][]) {
  await using t = await setupPool({ threadsMax: 2, ...options });
  let isOver = false;
  const wrong: unknown[] = [];
  let count = 0;
  const busy = Array.from({ length: 64 }, async (_, i) => {
    while (!isOver) {
      const result = await t.run(i % 4 === 0 ? "sleep" : "echo", 3);
      if (result !== 3 && !isOver) wrong.push(result);
      count++;
    }
  });
  try {
    for (const [command, answer] of guilty) assert.match(String(await t.run(command, 1)), answer);
    return t.pool.snapshot();
  } finally {
    isOver = true;
    await Promise.all(busy);
    assert.deepEqual(wrong, []);
    assert.ok(count > 64, `${count} runs`);
  }
}

test("nothing fails of a busy function while another exits, throws and fills the heap", async () => {
  const { threadDeaths } = await amongBusyCallers({ threadMemoryMiB: 48 }, [
    ["exit", /^PERMANENT_ERROR ProcessExit/],
    ["throwLater", /^PERMANENT_ERROR UncaughtError/],
    ["fill", /^TEMPORARY_ERROR OutOfMemory/],
    ["killItself", /^PERMANENT_ERROR ProcessExit/],
  ]);
  assert.deepEqual([threadDeaths.exit, threadDeaths.uncaught], [2, 1]);
});

test("nothing fails of a busy function while another never ends", async () => {
  const { threadDeaths } = await amongBusyCallers({ runTimeoutMs: 500 }, [
    ["loop", /^TIMEOUT RunTimeout/],
    ["loopLater", /^TIMEOUT RunTimeout/],
  ]);
  assert.ok(threadDeaths.blocked >= 2);
});

test("a function with a time limit of its own that blocks is stopped by that", async () => {
  await using t = await setupPool({ runTimeoutMs: 30_000 });
  assert.match(String(await t.run("hurried")), /^TIMEOUT RunTimeout: .*longer than 60 ms/);
});

test("a death is told once, with its reason and the function to blame", async () => {
  const { events } = await underLoad(["exit", 3]);
  const deaths = events.filter((event) => event.type === "pool-thread-died" && event.reason === "exit");
  assert.equal(deaths.length, 1);
  assert.equal(deaths[0]!.type === "pool-thread-died" && deaths[0]!.functionName, "exit");
});
