import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../../wire/status.ts";
import { errorText } from "../wire/error.ts";
import { bytes, child, NOW, Script } from "./call.test-support.ts";
import { pendingResults, resultsToDeliver, timerAt } from "./call.ts";

test("a result ends the call, and an answer of another attempt changes nothing", () => {
  const script = new Script().run();
  const before = script.call;
  script.tell({ type: "exited", attempt: 0, status: Status.OK, output: null, error: null });
  assert.equal(script.call, before);
  assert.deepEqual(script.effects, [{ type: "drop", reason: "stale" }]);
  assert.equal(script.exit().call.state, "succeeded");
  assert.deepEqual(script.effects, [
    { type: "end", state: "succeeded", status: Status.OK, output: bytes("result"), error: null },
  ]);
});

test("a failure that may pass is tried again after a jittered backoff that grows to its cap", () => {
  const script = new Script();
  const policy = { attemptsMax: 5, firstDelayMs: 100, factor: 3, delayMsMax: 400, restartsMax: 3 };
  const delays: number[] = [];
  for (let failures = 1; failures < 5; failures++) {
    script.run().fail(Status.TEMPORARY_ERROR, { policy, random: 0.5 });
    assert.equal(script.call.state, "delayed");
    assert.equal(script.call.failures, failures);
    const delayMs = timerAt(script.call) - script.nowMs;
    delays.push(delayMs);
    script.due(delayMs);
  }
  assert.deepEqual(delays, [50, 150, 200, 200]);
  script.run().fail(Status.TEMPORARY_ERROR, { policy });
  assert.equal(script.call.state, "failed");
});

test("Retry-After is a floor under the backoff", () => {
  const script = new Script().run().fail(Status.THROTTLED, { retryAfterMs: 7000, random: 0 });
  assert.equal(timerAt(script.call), NOW + 7000);
});

test("a failure that cannot pass ends the call at once, with what there is of a result", () => {
  const script = new Script().run().fail(Status.INVALID_ARGUMENT, { output: bytes("partial") });
  assert.equal(script.call.state, "failed");
  const [end] = script.effects;
  assert.ok(end?.type === "end" && end.status === Status.INVALID_ARGUMENT);
  assert.deepEqual(end.output, bytes("partial"));
});

test("a state that cannot be read starts the call over, a few times", () => {
  const script = new Script().run().poll({ calls: [child()] });
  for (let restarts = 1; restarts <= 3; restarts++) {
    script.due(60_000).run().fail(Status.INCOMPATIBLE_STATE);
    assert.equal(script.call.state, "delayed");
    assert.equal(script.call.stateKind, "none");
    assert.equal(script.call.generation, restarts);
    assert.equal(script.call.outstanding, 0);
    if (restarts === 1) assert.ok(script.effectTypes.includes("cancel_children"));
    script.due(60_000).run().poll();
  }
  script.due(60_000).run().fail(Status.INCOMPATIBLE_STATE);
  assert.equal(script.call.state, "failed");
});

test("results of children of an earlier generation are strangers", () => {
  const script = new Script().run().poll({ calls: [child()] });
  script.due(60_000).run().fail(Status.INCOMPATIBLE_STATE);
  script.childEnded(0);
  assert.deepEqual(script.effects, [{ type: "drop", reason: "stranger" }]);
  assert.equal(script.call.arrivals, 0);
  assert.equal(script.call.children, 0);
});

test("a poll records state and calls in one commit, children with the next ids", () => {
  const script = new Script()
    .run()
    .poll({ calls: [child({ correlationId: 7n }), child({ endpoint: "bridge://b" })] });
  assert.equal(script.call.state, "suspended");
  assert.deepEqual(script.effectTypes, ["write update", "state", "spawn", "spawn"]);
  const spawned = script.effects.flatMap((effect) => (effect.type === "spawn" ? [effect.call] : []));
  assert.deepEqual(
    spawned.map(({ id, parentId, rootId, endpoint, correlationId }) => [
      id,
      parentId,
      rootId,
      endpoint,
      correlationId,
    ]),
    [
      [100, 1, 1, "http://localhost:8000", 7n],
      [101, 1, 1, "bridge://b", 0n],
    ],
  );
});

test("a suspended call wakes with min_results, or when no more will come, or after max_wait", () => {
  const enough = new Script().run().poll({ calls: [child(), child(), child()], minResults: 2 });
  assert.equal(enough.childEnded().call.state, "suspended");
  assert.equal(enough.childEnded().call.state, "ready");

  const last = new Script().run().poll({ calls: [child()], minResults: 5 });
  assert.equal(last.childEnded().call.state, "ready");

  const late = new Script().run().poll({ calls: [child()], maxWaitMs: 5000 });
  assert.equal(late.due(4999).call.state, "suspended");
  assert.equal(late.due(1).call.state, "ready");
  assert.equal(resultsToDeliver(late.call), 0);
});

test("results beyond max_results wait for the next poll; what a failed run was given is given again", () => {
  const script = new Script()
    .run()
    .poll({ calls: [child(), child(), child()], minResults: 1, maxResults: 2 });
  script.childEnded().childEnded().childEnded();
  assert.equal(resultsToDeliver(script.call), 2);
  script.run(2).fail(Status.TEMPORARY_ERROR).due(60_000);
  assert.equal(resultsToDeliver(script.call), 2);
  script.run(2).poll({ minResults: 1, maxResults: 2 });
  assert.equal(script.call.state, "ready");
  assert.equal(pendingResults(script.call), 1);
});

test("a poll with no calls is a sleep", () => {
  const script = new Script().run().poll({ maxWaitMs: 3_600_000 });
  assert.equal(timerAt(script.call), NOW + 3_600_000);
  assert.equal(script.due(3_600_000).call.state, "ready");
});

test("an invalid poll is refused whole, the function is told, and for ever is not allowed", () => {
  const bad = { calls: [child(), child({ function: "no name" })] };
  const script = new Script().run().poll(bad);
  assert.equal(script.call.state, "ready");
  assert.ok(!script.effectTypes.includes("spawn"));
  assert.match(errorText(script.call.pollError!), /^InvalidPoll: poll\.calls\[1\]\.function: "no name"/);
  assert.equal(script.call.stateKind, "typed", "the state of the refused poll is the one to go on from");
  script.run().poll();
  assert.equal(script.call.pollError, null);
  assert.equal(script.call.failures, 0);
  for (let refusals = 0; refusals < 100; refusals++) {
    if (script.call.state !== "ready") script.due(300_000);
    script.run().poll(bad);
  }
  assert.equal(script.call.state, "failed");
});

test("every limit of a poll is kept", () => {
  const faults: [Parameters<Script["poll"]>[0], RegExp][] = [
    [{ maxWaitMs: undefined }, /max_wait: is required/],
    [{ maxWaitMs: 999 }, /max_wait: must be at least 1s/],
    [{ minResults: 0 }, /min_results: must be 1 to 1000/],
    [{ maxResults: 1001 }, /max_results: must be 1 to 1000/],
    [{ minResults: 3, maxResults: 2 }, /must not exceed max_results/],
    [{ calls: [child({ function: "" })] }, /calls\[0\]\.function: is required/],
    [{ calls: [child({ endpoint: "ftp://x" })] }, /calls\[0\]\.endpoint/],
    [{ calls: [child({ expirationMs: -1 })] }, /calls\[0\]\.expiration/],
    [{ calls: [child({ priority: 101 })] }, /calls\[0\]\.priority/],
    [
      { calls: [child({ idempotencyKey: "k" })] },
      /calls\[0\]\.options\.idempotency_key: is for calls that clients/,
    ],
  ];
  for (const [changes, text] of faults) {
    assert.match(errorText(new Script().run().poll(changes).call.pollError!), text);
  }
});

test("a tail call keeps id and creation time and begins from its own input", () => {
  const script = new Script()
    .run()
    .poll({ calls: [child()] })
    .due(60_000)
    .run();
  const tail = child({ function: "next", input: bytes("again"), expirationMs: 1000 });
  script.tell({ type: "tail_called", attempt: 2, call: tail, graceMs: 500 });
  assert.equal(script.call.state, "ready");
  assert.deepEqual([script.call.id, script.call.createdAtMs, script.call.function], [1, NOW, "next"]);
  assert.equal(script.call.expiresAtMs, script.nowMs + 1000);
  assert.deepEqual([script.call.stateKind, script.call.generation, script.call.restarts], ["none", 1, 0]);
  assert.ok(script.effectTypes.includes("cancel_children"));
});

test("no duration that comes from outside becomes a time that the store cannot hold", () => {
  const retries = [
    { factor: Number.NaN },
    { factor: -1e300 },
    { factor: Number.POSITIVE_INFINITY },
    { firstDelayMs: 1e21 },
    { delayMsMax: 1e21 },
    { attemptsMax: 0 },
  ];
  const polls = [
    { maxWaitMs: 2 ** 63 * 1000 },
    { maxWaitMs: Number.NaN },
    { maxWaitMs: Number.MAX_SAFE_INTEGER },
    ...[
      { expirationMs: Number.MAX_SAFE_INTEGER },
      { delayMs: 1e21 },
      ...retries.map((retry) => ({ retry })),
    ].map((changes) => ({ calls: [child(changes)] })),
  ];
  for (const refused of polls) {
    const { call } = new Script().run().poll(refused);
    assert.notEqual(call.pollError, null);
    assert.equal(call.children, 0);
    assert.ok(Number.isSafeInteger(call.wakeAtMs) && Number.isSafeInteger(timerAt(call)));
  }
});

test("a backoff stays a number however often a call without a first delay has failed", () => {
  const policy = { attemptsMax: 1e6, firstDelayMs: 0, factor: 1000, delayMsMax: 1000, restartsMax: 3 };
  const script = new Script();
  for (let failures = 1; failures < 110; failures++)
    script.run().fail(Status.TEMPORARY_ERROR, { policy }).due(0);
  assert.equal(script.call.wakeAtMs, script.nowMs);
});
