import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Call, CallResult, type Registry, setRunDriver } from "../../sdk/index.ts";
import { encodeGraph } from "../../wire/graph/index.ts";
import {
  callResult,
  readAny,
  readRunResponse,
  runRequest,
  writeAny,
  writeRunRequest,
} from "../../wire/hot-path/index.ts";
import { Status } from "../../wire/status.ts";
import type { Any } from "../../wire/values/index.ts";
import { loadCompiled } from "../testing/programs.ts";
import { TestScheduler, type TestSchedulerOptions } from "../testing/scheduler.ts";
import { CoroutineDriver, type DriverOptions } from "./driver.ts";
import type { LeftBehind } from "./left-behind.ts";
import { StateCodec } from "./state.ts";

const program = await loadCompiled(
  new URL("../../../test/coroutines/fixtures/programs/durable.ts", import.meta.url),
);
const registry = program.registry as unknown as Registry;
const log = program.log as unknown as string[];
const sourceOfProgram = readFileSync(
  new URL("../../../test/coroutines/fixtures/programs/durable.ts", import.meta.url),
  "utf8",
).split("\n");

function setup(options: DriverOptions = {}, world: Partial<TestSchedulerOptions> = {}) {
  const scheduler = new TestScheduler({ registry, ...world });
  const left: LeftBehind[] = [];
  const driver = new CoroutineDriver({
    hotMax: 0,
    nowMs: () => scheduler.nowMs,
    onLeftBehind: (one) => left.push(one),
    ...options,
  });
  setRunDriver(driver);
  return { scheduler, driver, left };
}

test("each step of a loop is one run, and code between awaits runs once", async () => {
  const { scheduler } = setup();
  log.length = 0;
  const { result, runs } = await scheduler.call("pipeline", 4);
  assert.equal(result?.output, 12);
  assert.equal(runs, 5);
  assert.deepEqual(log, ["step 0", "step 1", "step 2", "step 3"]);
});

test("a coroutine that is still in memory goes on from there", async () => {
  const { scheduler, driver } = setup({ hotMax: 10 });
  const { result } = await scheduler.call("pipeline", 4);
  assert.equal(result?.output, 12);
  assert.equal(driver.hot.size, 0);
});

test("calls made before the first await are dispatched together", async () => {
  const counts: number[] = [];
  const { scheduler } = setup({}, { onPoll: ({ poll }) => counts.push(poll!.calls.length) });
  const { result } = await scheduler.call("eager");
  assert.deepEqual(result?.output, [2, 4]);
  assert.equal(counts[0], 2);
});

test("results of a fan-out come back ten at a time at the most", async () => {
  const limits: number[] = [];
  const { scheduler } = setup({}, { onPoll: ({ poll }) => limits.push(poll!.maxResults) });
  const { result } = await scheduler.call("fanOut", 25);
  assert.equal(result?.output, 600);
  assert.equal(limits[0], 10);
  assert.equal(limits.at(-1), 1);
});

test("the error of a child is one of its class, with its cause and a stack of both functions", async () => {
  const { scheduler } = setup();
  const { result } = await scheduler.call("catches");
  const { stack, ...rest } = result!.output as { stack: string };
  assert.deepEqual(rest, { isSame: true, item: "apples", message: "no apples", cause: "0 left" });
  assert.match(stack, /at fails /);
  assert.match(stack, /at async catches \(durable\.ts:\d+:\d+\)/);
});

test("a variable that cannot be saved is named with its function, file and line", async () => {
  const { scheduler } = setup();
  const { status, result } = await scheduler.call("holdsSocket");
  assert.equal(status, Status.PERMANENT_ERROR);
  assert.match(
    (result!.error as Error).message,
    /^connect: variable conn\.socket \(durable\.ts:\d+\) cannot be saved: Socket/,
  );
});

test("a socket in an object in a Map that a closure holds is named with the whole way to it", async () => {
  const { scheduler } = setup();
  const { status, result } = await scheduler.call("holdsSocketDeep");
  assert.equal(status, Status.PERMANENT_ERROR);
  const closure = sourceOfProgram.findIndex((line) => line.startsWith("  const size = () =>"));
  const awaits = sourceOfProgram.indexOf("  await double(1);", closure) + 1;
  assert.equal(
    (result!.error as Error).message.split(". ")[0],
    `holdsSocketDeep: variable size captures pool.get("main").socket (durable.ts:${awaits}) cannot be saved: Socket`,
  );
});

test("an abort is an error at the await where the function waits in place", async () => {
  setup();
  const runWith = async (name: string, reason: Error, isEarly: boolean) => {
    const aborting = new AbortController();
    if (isEarly) aborting.abort(reason);
    const request = new Call({ function: name, args: [] }).toMessage();
    const running = registry.run(
      writeRunRequest(runRequest({ function: request.function, input: request.input, dispatchId: "a" })),
      { signal: aborting.signal },
    );
    setImmediate(() => aborting.abort(reason));
    const { exit, status } = readRunResponse(await running);
    return { status: Status[status], result: new CallResult(exit!.result!) };
  };
  for (const isEarly of [false, true]) {
    const caught = await runWith("interrupted", new DOMException("stop now", "AbortError"), isEarly);
    assert.deepEqual(caught.result.output, ["waits", "AbortError: stop now", "finally"]);
    const uncaught = await runWith(
      "interruptedUncaught",
      new DOMException("too slow", "TimeoutError"),
      isEarly,
    );
    assert.equal((uncaught.result.error as Error).message, "too slow");
    assert.match(
      (uncaught.result.error as Error).stack!,
      /at async interruptedUncaught \(durable\.ts:\d+:\d+\)/,
    );
  }
});

test("a sleep is a poll without calls, and time alone ends it", async () => {
  const { scheduler } = setup();
  const before = scheduler.nowMs;
  const { result, runs } = await scheduler.call("sleeps");
  assert.equal(result?.output, "woke");
  assert.equal(runs, 3);
  assert.equal(scheduler.nowMs - before, 90_000);
});

test("a call left unawaited is reported", async () => {
  const { scheduler, left } = setup();
  const { result } = await scheduler.call("unawaited");
  assert.equal(result?.output, "done");
  assert.deepEqual(
    left.map((one) => one.unawaitedCalls),
    [["double"]],
  );
  assert.deepEqual(left[0]!.droppedCalls, ["double"]);
});

test("late losers, duplicates and unknown results are ignored", async () => {
  const noise = () =>
    [1n, 2n, 99n, 1n << 40n].map((correlationId) => callResult({ correlationId: correlationId + 5n }));
  const { scheduler, left } = setup({}, { noise });
  const { result } = await scheduler.call("races");
  assert.deepEqual(result?.output, [2, 6]);
  assert.deepEqual(left, []);
});

test("a refused poll fails the calls of its round only", async () => {
  let polls = 0;
  const { scheduler } = setup(
    {},
    { refuse: () => (++polls === 2 ? new Error("too many calls") : undefined) },
  );
  const { result } = await scheduler.call("refused");
  assert.deepEqual(result?.output, [2, "too many calls"]);
});

test("a reset replaces the call with a fresh one", async () => {
  const { scheduler } = setup();
  const { result } = await scheduler.call("countdown", 3);
  assert.equal(result?.output, "zero");
});

test("an ordinary promise is waited for in place, also one made by hand", async () => {
  const { scheduler } = setup();
  const { result, runs } = await scheduler.call("waitsInPlace");
  assert.deepEqual(result?.output, ["timer", 8]);
  assert.equal(runs, 2);
});

test("durable functions held in variables are saved by name", async () => {
  const { scheduler } = setup();
  const { result } = await scheduler.call("holdsFunctions");
  assert.deepEqual(result?.output, [2, 4]);
});

test("sleeps that lost their race leave nothing in the state, and wake nobody", async () => {
  const sizes: number[] = [];
  const { scheduler } = setup(
    {},
    { onPoll: ({ poll }) => sizes.push(readAny(poll!.typedCoroutineState!).value.length) },
  );
  const { result, runs } = await scheduler.call("limited", 200);
  assert.equal(result?.output, 200 * 199);
  assert.equal(runs, 201);
  assert.ok(Math.max(...sizes) - sizes[5]! <= 20, `${sizes[5]} to ${Math.max(...sizes)} bytes`);
});

test("a sleep counts from when it was made, whenever it is waited for", async () => {
  const { scheduler } = setup();
  const startedMs = scheduler.nowMs;
  const { result } = await scheduler.call("sleepsLate");
  assert.deepEqual(result?.output, ["over", 4]);
  assert.equal(scheduler.nowMs - startedMs, 50_000);
});

test("state that is not ours, or damaged, is INCOMPATIBLE_STATE", async () => {
  const damages: ((state: Any) => Any | undefined)[] = [
    () => undefined,
    (state) => ({ ...state, typeUrl: "type.googleapis.com/google.protobuf.BytesValue" }),
    (state) => ({ ...state, value: Uint8Array.of(8, 99) }),
    (state) => ({ ...state, value: state.value.subarray(0, 40) }),
    (state) => ({ ...state, value: state.value.with(state.value.length - 20, 0xff) }),
    (state) => ({
      ...state,
      value: new StateCodec().seal(encodeGraph(["no coroutine"]), {
        function: "pipeline",
        dispatchId: "call-0",
      }).value,
    }),
  ];
  for (const damage of damages) {
    let isFirst = true;
    const { scheduler } = setup(
      {},
      {
        tamper: (response) => {
          if (response.poll && isFirst) {
            const damaged = damage(readAny(response.poll.typedCoroutineState!));
            response.poll.typedCoroutineState = damaged && writeAny(damaged);
            isFirst = false;
          }
          return response;
        },
      },
    );
    const { status } = await scheduler.call("pipeline", 2);
    assert.equal(Status[status], "INCOMPATIBLE_STATE");
  }
});

test("compressed and encrypted state resumes, and not under another key", async () => {
  const keys = { a: new Uint8Array(32).fill(1), b: new Uint8Array(32).fill(2) };
  const { scheduler } = setup({ compressAboveBytes: 0, encrypts: true, keys: { current: "b", keys } });
  assert.equal((await scheduler.call("pipeline", 3)).result?.output, 6);

  const other = new CoroutineDriver({ hotMax: 0, keys: { current: "a", keys: { a: keys.a } } });
  const changing = setup({ keys: { current: "b", keys } }, { onPoll: () => setRunDriver(other) });
  assert.equal(Status[(await changing.scheduler.call("pipeline", 3)).status], "INCOMPATIBLE_STATE");
});

test("state above the limit is a clear error", async () => {
  const { scheduler } = setup({ stateBytesMax: 50 });
  const { status, result } = await scheduler.call("pipeline", 3);
  assert.equal(Status[status], "PERMANENT_ERROR");
  assert.match((result!.error as Error).message, /bytes/);
});
