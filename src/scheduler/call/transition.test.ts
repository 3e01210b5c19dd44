import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { Status } from "../../wire/status.ts";
import type { CallState } from "../types.ts";
import { bytes, child, failed, NEVER_MS, NOW, poll, Script } from "./call.test-support.ts";
import { type Call, isEnd, resultsToDeliver, timerAt } from "./call.ts";
import { describeStates } from "./describe.ts";
import type { CallEvent, CallEventType } from "./events.ts";
import { IllegalTransition } from "./illegal.ts";
import { STATES } from "./table.ts";

test("docs/states.md is the table in the source", async () => {
  const text = await readFile(new URL("../../../docs/states.md", import.meta.url), "utf8");
  assert.ok(text.includes(describeStates()), "run: node scripts/states.ts");
});

const attempt = fc.integer({ min: 0, max: 3 });
const status = fc.constantFrom(
  Status.TIMEOUT,
  Status.TEMPORARY_ERROR,
  Status.INCOMPATIBLE_STATE,
  Status.PERMANENT_ERROR,
);
const policy = { attemptsMax: 4, firstDelayMs: 10, factor: 2, delayMsMax: 100, restartsMax: 2 };
const failure = status.map((value) => failed(value, { policy }));
const events: { readonly [T in CallEventType]: fc.Arbitrary<Extract<CallEvent, { type: T }>> } = {
  recorded: fc.constant({ type: "recorded" }),
  recovered: fc.constant({ type: "recovered" }),
  interrupted: fc.record({
    type: fc.constant("interrupted"),
    attempt,
    error: fc.constantFrom(null, bytes("e")),
  }),
  due: fc.record({
    type: fc.constant("due"),
    failure,
    runLeftMs: fc.constantFrom(-5, 0, 0.4, 700),
    graceMs: fc.constant(500),
  }),
  started: fc.integer({ min: 0, max: 2 }).map((results) => ({ type: "started", timeoutMs: 1000, results })),
  exited: fc.record({
    type: fc.constant("exited"),
    attempt,
    status: fc.constantFrom(Status.OK, Status.PERMANENT_ERROR),
    output: fc.constant(bytes("o")),
    error: fc.constant(null),
  }),
  polled: fc.record({
    type: fc.constant("polled"),
    attempt,
    poll: fc.constantFrom(
      poll(),
      poll({ calls: [child(), child()] }),
      poll({ maxWaitMs: undefined }),
      poll({ calls: [child({ function: "" })] }),
    ),
    firstChildId: fc.constant(100),
    room: fc.constantFrom(0, 1, 1000),
    roomMax: fc.constantFrom(1, 1000),
    failure,
  }),
  tail_called: fc.record({
    type: fc.constant("tail_called"),
    attempt,
    call: fc.constantFrom(child(), child({ function: "next", delayMs: 50 }), child({ function: "no name" })),
    graceMs: fc.constant(500),
  }),
  failed: fc.record({ type: fc.constant("failed"), attempt, failure }),
  child_ended: fc.integer({ min: -1, max: 2 }).map((generation) => ({ type: "child_ended", generation })),
  adopted: fc.constant({ type: "adopted", count: 2 }),
  cancel: fc.constant({ type: "cancel", reason: "asked", graceMs: 500 }),
  retry: fc.constant({ type: "retry" }),
};

test("every pair leads where the table says, and all others are refused by name", () => {
  const step = fc.record({ ...events, choice: fc.nat(), afterMs: fc.integer({ min: 0, max: 2000 }) });
  const told = new Set<string>();
  const property = fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
    const subject = new Script({ expirationMs: 60_000 });
    for (const { choice, afterMs, ...one } of steps) {
      const { state, children, generation, outstanding } = subject.call;
      const event = one[choose(state, choice)];
      const pair = STATES[state].on[event.type];
      if (pair === undefined) {
        assert.throws(() => subject.tell(event), IllegalTransition);
        continue;
      }
      const own = event.type === "child_ended" && event.generation === generation;
      if (event.type === "child_ended" && (own ? outstanding : children - outstanding) === 0) continue;
      subject.nowMs += event.type === "due" ? afterMs * 20 : 1;
      subject.tell(fitting(event, subject.call));
      told.add(`${state} ${event.type}`);
      assert.ok((pair.to as readonly CallState[]).includes(subject.call.state), `${state}, ${event.type}`);
      check(subject);
    }
  });
  fc.assert(property, { seed: 4, numRuns: 1500 });
  for (const [state, row] of Object.entries(STATES)) {
    for (const event of Object.keys(row.on)) assert.ok(told.has(`${state} ${event}`), `${state}, ${event}`);
  }
});

/** Mostly what may happen, seldom what stops the call, now and then anything. */
function choose(state: CallState, choice: number): CallEventType {
  const all = Object.keys(events) as CallEventType[];
  const which = Math.floor(choice / 8);
  if (choice % 8 === 0) return all[which % all.length]!;
  const legal = Object.keys(STATES[state].on) as CallEventType[];
  const going = legal.filter((type) => type !== "cancel" && type !== "exited");
  return going[which % going.length] ?? all[which % all.length]!;
}

/** Answers mostly of the present attempt, and results that are there: what the scheduler would tell. */
function fitting(event: CallEvent, call: Call): CallEvent {
  if (event.type === "started") return { ...event, results: resultsToDeliver(call) };
  return "attempt" in event && event.attempt > 0 ? { ...event, attempt: call.attempt } : event;
}

/** What holds of every call after every transition. */
function check({ call, effects }: Script): void {
  assert.ok(call.outstanding <= call.children || call.state === "dispatched");
  assert.ok(call.consumed <= call.arrivals || call.stateKind === "none");
  assert.equal(call.runActive && call.state !== "cancelling", call.state === "running");
  assert.equal(effects.filter(({ type }) => type === "end").length, isEnd(call.state) ? 1 : 0);
  assert.ok(!effects.some(({ type }) => type === "enqueue") || call.state === "ready");
  if (isEnd(call.state)) assert.equal(timerAt(call), NEVER_MS);
}

test("IllegalTransition names state and event", () => {
  assert.throws(() => new Script().tell({ type: "retry" }), {
    name: "IllegalTransition",
    message: "a call that is dispatched cannot be told retry",
  });
});

test("a call is delayed until its time, then ready, then running with the next attempt number", () => {
  const script = new Script({ delayMs: 500 }).tell({ type: "recorded" });
  assert.equal(script.call.state, "delayed");
  assert.equal(timerAt(script.call), NOW + 500);
  assert.equal(script.due(499).call.state, "delayed");
  assert.equal(script.due(1).call.state, "ready");
  assert.deepEqual(script.effectTypes, ["enqueue"]);
  assert.equal(script.run().call.attempt, 1);
  assert.deepEqual(script.effectTypes, [], "running is not written: a crash makes it ready again");
});
