import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../../wire/status.ts";
import { child, NOW, Script } from "./call.test-support.ts";
import { timerAt } from "./call.ts";

test("a call that does not run and has no children is cancelled at once", () => {
  for (const script of [
    new Script(),
    new Script({ delayMs: 1000 }).tell({ type: "recorded" }),
    new Script().tell({ type: "recorded" }),
    new Script().run().poll(),
  ]) {
    assert.equal(script.cancel().call.state, "cancelled");
    assert.deepEqual(script.effectTypes, ["write note", "end"]);
  }
});

test("a running call is told to stop, and ends when it has answered, whatever it says", () => {
  const script = new Script().run().cancel();
  assert.equal(script.call.state, "cancelling");
  assert.deepEqual(script.effectTypes, ["write note", "write update", "abort"]);
  assert.equal(script.poll({ calls: [child()] }).call.state, "cancelled");
  assert.deepEqual(script.effectTypes, ["end"], "its calls are not made");
});

test("an attempt that does not stop is given up after the grace", () => {
  const script = new Script().run().cancel();
  assert.equal(timerAt(script.call), NOW + 500);
  assert.equal(script.due(500).call.state, "cancelled");
});

test("a call with children ends after the last of them", () => {
  const script = new Script()
    .run()
    .poll({ calls: [child(), child()] })
    .cancel();
  assert.equal(script.call.state, "cancelling");
  assert.ok(script.effectTypes.includes("cancel_children"));
  assert.equal(script.childEnded().call.state, "cancelling");
  assert.equal(script.childEnded().call.state, "cancelled");
});

test("being cancelled twice is being cancelled once", () => {
  const script = new Script().run().cancel();
  const before = script.call;
  assert.equal(script.cancel().call, before);
  assert.deepEqual(script.effects, []);
});

test("a call past its expiration fails with TIMEOUT in every state it can wait in", () => {
  const life = { expirationMs: 1000 };
  const scripts = [
    new Script({ ...life, delayMs: 5000 }).tell({ type: "recorded" }),
    new Script(life).tell({ type: "recorded" }),
    new Script(life).run().poll(),
    new Script(life).run().fail(Status.TEMPORARY_ERROR, { retryAfterMs: 60_000 }),
  ];
  for (const script of scripts) {
    assert.equal(timerAt(script.call), NOW + 1000);
    assert.equal(script.due(1000).call.state, "expired");
    const [end] = script.effects;
    assert.ok(end?.type === "end" && end.status === Status.TIMEOUT);
  }
  const running = new Script(life).run().due(1000);
  assert.equal(running.call.state, "cancelling");
  assert.ok(running.effectTypes.includes("abort"));
  assert.equal(running.exit().call.state, "expired");
});

test("a run that does not answer in time counts as TIMEOUT and is tried again; its answer is stale then", () => {
  const script = new Script().run().due(1000);
  assert.equal(script.call.state, "delayed");
  assert.ok(script.effectTypes.includes("abort"));
  script.tell({ type: "exited", attempt: 1, status: Status.OK, output: null, error: null });
  assert.deepEqual(script.effects, [{ type: "drop", reason: "stale" }]);
});

test("a call that failed can be retried: from its input, with a life as long as before, for nobody's poll", () => {
  const script = new Script({ expirationMs: 1000 }).run().fail(Status.PERMANENT_ERROR);
  script.nowMs += 60_000;
  script.tell({ type: "retry" });
  assert.equal(script.call.state, "dispatched");
  assert.equal(script.call.expiresAtMs, script.nowMs + 1000);
  assert.deepEqual([script.call.parentGeneration, script.call.failures, script.call.attempt], [-1, 0, 1]);
  assert.deepEqual(script.effectTypes, ["write revive", "write note"]);
});

test("a recovered call goes on where it was: timers, enough results, stopping", () => {
  const recovered = (script: Script) => script.tell({ type: "recovered" }).call.state;
  const delayed = new Script({ delayMs: 1000 }).tell({ type: "recorded" });
  assert.equal(recovered(delayed), "delayed");
  delayed.nowMs += 1000;
  assert.equal(recovered(delayed), "ready");
  const woken = new Script().run().poll({ calls: [child()] });
  assert.equal(recovered(woken), "suspended");
  woken.call = { ...woken.call, arrivals: 1 };
  assert.equal(recovered(woken), "ready");
  const stopping = new Script()
    .run()
    .poll({ calls: [child()] })
    .cancel();
  assert.equal(recovered(stopping), "cancelling");
  assert.deepEqual(stopping.effectTypes, ["cancel_children"]);
  stopping.call = { ...stopping.call, children: 0 };
  assert.equal(recovered(stopping), "cancelled");
});
