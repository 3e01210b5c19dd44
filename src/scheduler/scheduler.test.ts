import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../wire/status.ts";
import { SchedulerError, type SchedulerErrorCode } from "./errors.ts";
import { call, pending, Subject } from "./scheduler.test-support.ts";
import { bytesOf, exitResponse, failedResponse, pollResponse, tailResponse } from "./simulation/messages.ts";

const withCode = (code: SchedulerErrorCode, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SchedulerError, String(error));
  assert.equal(error.code, code);
  if (text !== undefined) assert.match(error.message, text);
  return true;
};

const child = (name: string, input = "input") => ({
  correlationId: 1n,
  function: name,
  input,
  expirationMs: undefined,
});

test("a call runs with its input and its result is there for whoever asks, however often", async () => {
  const subject = await new Subject().on("greet", ({ input }) => exitResponse(`hello ${input}`)).open();
  const id = await subject.dispatch("greet");
  assert.equal((await subject.result(id)).text, "hello input");
  assert.equal((await subject.result(id)).text, "hello input");
  assert.equal(subject.runs.length, 1);
  await subject.close();
});

test("a result is there after a restart, and for as long as it is kept", async () => {
  const subject = await new Subject().on("greet", () => exitResponse("hello")).open({ retentionMs: 60_000 });
  const id = await subject.dispatch("greet");
  await subject.result(id);
  await subject.close();
  await subject.reopen({ retentionMs: 60_000, retentionIntervalMs: 1_000 });
  assert.equal((await subject.result(id)).text, "hello");
  await subject.clock.advance(70_000);
  await assert.rejects(subject.until(subject.scheduler.wait(id)), withCode("not_found"));
  await subject.close();
});

test("what ran when the process was killed runs again, and the answer to the one before is stale", async () => {
  let answerLate: (answer: Uint8Array) => void = () => {};
  const subject = await new Subject()
    .on("slow", () => new Promise((resolve) => (answerLate = resolve)))
    .open();
  const id = await subject.dispatch("slow");
  await subject.settle();
  assert.equal(await subject.stateOf(id), "running");
  const before = answerLate;
  await subject.reopen();
  assert.equal(subject.scheduler.recovered.ready, 1);
  await subject.settle();
  before(exitResponse("from the process before"));
  await subject.settle();
  answerLate(exitResponse("from this process"));
  assert.equal((await subject.result(id)).text, "from this process");
  assert.deepEqual(
    subject.runs.map(({ epoch, attempt }) => [epoch, attempt]),
    [
      [1, 1],
      [2, 1],
    ],
  );
});

test("timers are kept over a restart", async () => {
  const subject = await new Subject().on("later", () => exitResponse("now")).open();
  const id = await subject.dispatch("later", { delayMs: 3_600_000 });
  await subject.clock.advance(1_800_000);
  await subject.reopen();
  assert.equal(await subject.stateOf(id), "delayed");
  await subject.clock.advance(1_799_000);
  assert.equal(subject.runs.length, 0);
  await subject.clock.advance(1_000);
  assert.equal((await subject.result(id)).text, "now");
  await subject.close();
});

test("a batch is refused whole, and names the call and the field", async () => {
  const subject = await new Subject().on("greet", () => exitResponse("hello")).open();
  const faults: [Parameters<typeof call>, RegExp][] = [
    [["no name"], /^calls\[1\]\.function: "no name"/],
    [["greet", { endpoint: "" }], /^calls\[1\]\.endpoint: is required/],
    [["greet", { endpoint: "file:///etc" }], /^calls\[1\]\.endpoint/],
    [["greet", { expirationMs: -1 }], /^calls\[1\]\.expiration/],
    [["greet", { delayMs: Number.NaN }], /^calls\[1\]\.delay/],
    [["greet", { priority: 1000 }], /^calls\[1\]\.priority/],
    [["greet", { idempotencyKey: "k".repeat(513) }], /^calls\[1\]\.idempotency_key/],
  ];
  for (const [bad, text] of faults) {
    await assert.rejects(
      subject.until(subject.scheduler.dispatch([call("greet"), call(...bad)])),
      withCode("invalid_argument", text),
    );
  }
  assert.deepEqual(await subject.scheduler.dispatch([]), []);
  await subject.settle();
  assert.equal(subject.runs.length, 0);
  await subject.close();
});

test("calls with one key are one call, for each function its own, until the key runs out", async () => {
  const options = { retentionMs: 10_000, keyRetentionMs: 5_000 };
  const subject = await new Subject().on("greet", () => exitResponse("hello")).open(options);
  const keyed = { idempotencyKey: "k" };
  const first = await subject.dispatch("greet", keyed);
  assert.equal(await subject.dispatch("greet", keyed), first);
  const [a, b, c] = await subject.until(
    subject.scheduler.dispatch([call("greet", keyed), call("other", keyed), call("other", keyed)]),
  );
  assert.equal(a, first);
  assert.equal(b, c);
  assert.notEqual(b, first);
  await subject.reopen(options);
  assert.equal(await subject.dispatch("greet", keyed), first);
  await subject.clock.advance(5_000);
  assert.notEqual(await subject.dispatch("greet", keyed), first);
  await subject.settle();
  assert.equal(subject.runs.filter((run) => run.function === "greet").length, 2);
  await subject.close();
});

test("a function that suspends is given its state and the results of its calls", async () => {
  const subject = await new Subject()
    .on("double", ({ input }) => exitResponse(String(2 * Number(input))))
    .on("parent", ({ state, results }) =>
      state === undefined
        ? pollResponse({
            state: "waiting",
            calls: [child("double", "21")],
            maxWaitMs: 60_000,
            min: 1,
            max: 1,
          })
        : exitResponse(`${state} ${results[0]?.output}`),
    )
    .open();
  const id = await subject.dispatch("parent");
  assert.equal((await subject.result(id)).text, "waiting 42");
  const [parent, double] = await subject
    .until(subject.scheduler.list({}))
    .then(({ calls }) => calls.toReversed());
  assert.equal(double?.parentId, parent?.id);
  assert.equal(double?.rootId, parent?.id);
  await subject.close();
});

test("a failure is retried until it passes, and the story tells of it", async () => {
  const subject = await new Subject()
    .on("flaky", (_run, { attempt }) =>
      attempt < 3 ? failedResponse(Status.TEMPORARY_ERROR) : exitResponse("at last"),
    )
    .open();
  const id = await subject.dispatch("flaky");
  assert.equal((await subject.result(id)).text, "at last");
  const events = await subject.until(subject.scheduler.events(id));
  assert.deepEqual(
    events.map(({ kind, attempt }) => `${kind} ${attempt}`),
    ["dispatched 0", "attempt_failed 1", "attempt_failed 2", "ended 3"],
  );
  assert.match(events[1]!.message, /TEMPORARY_ERROR: SimulatedError: told to fail/);
  await subject.close();
});

test("a call's own retry options come before its function's, and those before the configured ones", async () => {
  const subject = await new Subject()
    .on("limited", () => failedResponse(Status.TEMPORARY_ERROR))
    .open({
      retry: { attemptsMax: 9 },
      retryOf: (name) => (name === "limited" ? { attemptsMax: 4 } : undefined),
    });
  subject.functions.set("other", subject.functions.get("limited")!);
  for (const [name, retry, attempts] of [
    ["other", undefined, 9],
    ["limited", undefined, 4],
    ["limited", { attemptsMax: 2 }, 2],
  ] as const) {
    const id = await subject.dispatch(name, { retry });
    assert.equal((await subject.result(id)).status, Status.TEMPORARY_ERROR);
    assert.equal(subject.runs.filter((run) => run.id === id).length, attempts);
  }
  await subject.close();
});

test("an expired call ends with TIMEOUT while it runs, its attempt is aborted and its children are cancelled", async () => {
  let aborted = "";
  const subject = await new Subject()
    .on("endless", (_run, { signal }) => {
      signal.addEventListener("abort", () => {
        aborted = String(signal.reason.message);
      });
      return pending();
    })
    .on("parent", () =>
      pollResponse({ state: "s", calls: [child("endless")], maxWaitMs: 3_600_000, min: 1, max: 1 }),
    )
    .open({ graceMs: 5_000 });
  const id = await subject.dispatch("parent", { expirationMs: 60_000 });
  const startedMs = subject.clock.now();
  assert.equal((await subject.result(id)).status, Status.TIMEOUT);
  assert.equal(aborted, "the call was cancelled");
  assert.ok(subject.clock.now() - startedMs <= 65_100, "no longer than its life and the grace");
  const { calls } = await subject.until(subject.scheduler.list({}));
  assert.deepEqual(
    calls.map(({ state }) => state),
    ["cancelled", "expired"],
  );
  await subject.close();
});

test("a function's expiration holds for its calls, by whomever they are made, unless they say their own", async () => {
  const subject = await new Subject()
    .on("limited", () => failedResponse(Status.TEMPORARY_ERROR))
    .on("parent", ({ results }) =>
      results.length > 0
        ? exitResponse("heard")
        : pollResponse({ state: "s", calls: [child("limited")], maxWaitMs: 3_600_000, min: 1, max: 1 }),
    )
    .on("tail", () => tailResponse("limited", "again"))
    .open({
      retry: { attemptsMax: 1_000, delayMsMax: 200 },
      isOwn: () => true,
      expirationMsOf: (name) => (name === "limited" ? 1_500 : undefined),
    });
  const lifeOf = async (id: string) => {
    const { createdAtMs, expiresAtMs } = await subject.until(subject.scheduler.get(id));
    return expiresAtMs! - createdAtMs;
  };
  for (const [own, lifeMs] of [
    [undefined, 1_500],
    [500, 500],
    [4_000, 4_000],
  ] as const) {
    const id = await subject.dispatch("limited", { expirationMs: own });
    assert.equal((await subject.result(id)).status, Status.TIMEOUT);
    assert.equal(await lifeOf(id), lifeMs);
  }
  assert.equal((await subject.result(await subject.dispatch("parent"))).text, "heard");
  const { calls } = await subject.until(subject.scheduler.list({}));
  assert.equal(calls.find(({ parentId }) => parentId !== undefined)?.state, "expired");
  assert.equal((await subject.result(await subject.dispatch("tail"))).status, Status.TIMEOUT);
  const given = await subject.dispatch("tail", { expirationMs: 3_000 });
  assert.equal((await subject.result(given)).status, Status.TIMEOUT);
  assert.equal(await lifeOf(given), 3_000);
  await subject.close();
});

test("a function's priority holds for its calls, by whomever they are made, unless they say their own", async () => {
  const subject = await new Subject()
    .on("urgent", () => exitResponse("done"))
    .on("parent", ({ results }) =>
      results.length > 0
        ? exitResponse("heard")
        : pollResponse({ state: "s", calls: [child("urgent")], maxWaitMs: 3_600_000, min: 1, max: 1 }),
    )
    .on("tail", () => tailResponse("urgent", "again"))
    .open({ isOwn: () => true, priorityOf: (name) => (name === "urgent" ? 7 : undefined) });
  const priorityOf = async (id: string) => (await subject.until(subject.scheduler.get(id))).priority;
  const own = await subject.dispatch("urgent", { priority: -3 });
  const [plain, parent, tail] = [
    await subject.dispatch("urgent"),
    await subject.dispatch("parent", { priority: 2 }),
    await subject.dispatch("tail"),
  ];
  for (const id of [own, plain, parent, tail]) await subject.result(id);
  assert.deepEqual(
    [await priorityOf(own), await priorityOf(plain), await priorityOf(parent), await priorityOf(tail)],
    [-3, 7, 2, 7],
  );
  const { calls } = await subject.until(subject.scheduler.list({}));
  assert.equal(calls.find(({ parentId }) => parentId !== undefined)?.priority, 7);
  await subject.close();
});

test("a function elsewhere is not held to the expiration of one of the same name here", async () => {
  const subject = await new Subject()
    .on("limited", () => failedResponse(Status.TEMPORARY_ERROR))
    .open({ retry: { attemptsMax: 3 }, isOwn: () => false, expirationMsOf: () => 1 });
  const id = await subject.dispatch("limited");
  assert.equal((await subject.result(id)).status, Status.TEMPORARY_ERROR);
  await subject.close();
});

test("a tail call takes the call's place under its id", async () => {
  const subject = await new Subject()
    .on("count", ({ input }) => {
      const left = input === "input" ? 3 : Number(input);
      return left === 0 ? exitResponse("done") : tailResponse("count", String(left - 1));
    })
    .open();
  const id = await subject.dispatch("count");
  assert.equal((await subject.result(id)).text, "done");
  assert.deepEqual(new Set(subject.runs.map((run) => run.id)), new Set([id]));
  assert.equal((await subject.until(subject.scheduler.list({}))).calls.length, 1);
  await subject.close();
});

test("an answer that is no RunResponse, or says nothing, ends the call as INVALID_RESPONSE", async () => {
  const answers = [
    bytesOf("not protobuf at all"),
    new Uint8Array(0),
    Uint8Array.of(8, 1),
    Uint8Array.of(8, 99),
    Uint8Array.of(8, 1, 18, 0),
    // Outputs and errors that are none: the type is no UTF-8, or longer than the message, or no string.
    ...[
      [26, 4, 10, 2, 0xff, 0xfe],
      [18, 2, 10, 200],
      [26, 2, 8, 1],
    ].map((part) => Uint8Array.from([8, 1, 18, part.length + 2, 10, part.length, ...part])),
    Uint8Array.of(8, 7, 18, 8, 10, 6, 26, 4, 10, 2, 0xff, 0xfe),
  ];
  const subject = await new Subject().on("odd", ({ input }) => answers[Number(input)]!).open();
  for (let index = 0; index < answers.length; index++) {
    const id = await subject.dispatch("odd", { input: bytesOf(String(index)) });
    assert.equal((await subject.result(id)).status, Status.INVALID_RESPONSE, `answer ${index}`);
  }
  await subject.close();
});

test("results of before a restart from the input are never given to what comes after it", async () => {
  let generation = 0;
  const subject = await new Subject()
    .on("child", ({ input }) => exitResponse(input ?? ""))
    .on("parent", ({ state, results }) => {
      if (state === undefined) {
        generation += 1;
        const calls = [child("child", `of generation ${generation}`)];
        return pollResponse({ state: "s", calls, maxWaitMs: 60_000, min: 1, max: 1 });
      }
      if (generation === 1) return failedResponse(Status.INCOMPATIBLE_STATE);
      return exitResponse(results.map(({ output }) => output).join());
    })
    .open();
  const id = await subject.dispatch("parent");
  assert.equal((await subject.result(id)).text, "of generation 2");
  await subject.close();
});

test("a call that starts over and one that fails are told, with id, function and reason", async () => {
  let runs = 0;
  const subject = await new Subject()
    .on("edited", () => {
      runs += 1;
      return runs === 1 ? failedResponse(Status.INCOMPATIBLE_STATE) : exitResponse("done");
    })
    .open();
  const id = await subject.dispatch("edited");
  assert.equal((await subject.result(id)).text, "done");
  const gone = await subject.dispatch("gone");
  assert.equal((await subject.result(gone)).status, Status.NOT_FOUND);
  const told = subject.events.filter(({ type }) => /^scheduler-call-(failed|restarted)$/.test(type));
  assert.deepEqual(
    told.map((event) => ({ ...event, reason: undefined, error: undefined })),
    [
      { type: "scheduler-call-restarted", id, function: "edited", reason: undefined, error: undefined },
      {
        type: "scheduler-call-failed",
        id: gone,
        function: "gone",
        status: "NOT_FOUND",
        reason: undefined,
        error: undefined,
      },
    ],
  );
  assert.match((told[0] as { reason: string }).reason, /^INCOMPATIBLE_STATE: /);
  await subject.close();
});

test("the story of a call that waits says for what, and no time that nobody has recorded", async () => {
  const subject = await new Subject()
    .on("child", () => pending())
    .on("sleeper", () => pollResponse({ state: "s", calls: [], maxWaitMs: 60_000, min: 1, max: 1 }))
    .on("parent", () =>
      pollResponse({ state: "s", calls: [child("child")], maxWaitMs: 60_000, min: 1, max: 1 }),
    )
    .open();
  const storyOf = async (name: string) => {
    const id = await subject.dispatch(name);
    await subject.settle();
    const { wakeAtMs } = await subject.until(subject.scheduler.get(id));
    const [, waits] = await subject.until(subject.scheduler.events(id));
    assert.equal(waits!.kind, "suspended");
    assert.equal(waits!.atMs, undefined);
    return { message: waits!.message, wakes: new Date(wakeAtMs!).toISOString() };
  };
  const sleeper = await storyOf("sleeper");
  assert.equal(sleeper.message, `sleeps until ${sleeper.wakes}`);
  assert.equal((await storyOf("parent")).message, "waits for 1 call, 0 results arrived");
  await subject.close();
});
