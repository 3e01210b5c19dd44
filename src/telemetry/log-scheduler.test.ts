import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "./log.ts";
import { logSchedulerEvents } from "./log-scheduler.ts";
import type { SchedulerEvent } from "./scheduler-events.ts";

function linesOf(...events: SchedulerEvent[]): { level: number; msg: string }[] {
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "json",
    destination: { write: (line) => void lines.push(line) },
  });
  let endSecond = () => {};
  const log = logSchedulerEvents(logger, (flush) => {
    endSecond = flush;
  });
  for (const event of events) log(event);
  endSecond();
  return lines.map((line) => JSON.parse(line));
}

test("what was recovered is said in one line, and nothing when there was nothing", () => {
  const recovered = {
    type: "scheduler-recovered",
    epoch: 2,
    ready: 3,
    delayed: 1,
    suspended: 4,
    cancelling: 0,
  } as const;
  const lines = linesOf(
    { ...recovered, live: 8, durationMs: 12.4 },
    { ...recovered, live: 0, durationMs: 1 },
  );
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ["recovered 8 calls in 12 ms: 3 to run, 1 delayed, 4 suspended, 0 being cancelled"],
  );
});

test("a store that is lost, and one that is open again, say what happens next", () => {
  const lost = {
    type: "scheduler-store-lost",
    code: "gone",
    message: "gone: calls.db is not there",
  } as const;
  const lines = linesOf(
    { ...lost, reopenInMs: 2000 },
    { ...lost, reopenInMs: undefined },
    { type: "scheduler-store-reopened", lostForMs: 3000.4 },
    { type: "scheduler-runs-interrupted", runs: 1, ended: 0 },
  );
  assert.match(lines[0]!.msg, /calls\.db is not there.*opened again in 2000 ms/);
  assert.match(lines[1]!.msg, /not opened again by this process/);
  assert.match(lines[2]!.msg, /open again after 3000 ms/);
  assert.match(lines[3]!.msg, /died with 1 run under way: 0 of these calls failed/);
});

test("a failed commit says what happens next", () => {
  const failed = {
    type: "scheduler-commit-failed",
    code: "full",
    message: "full: no space",
    changes: 5,
  } as const;
  const lines = linesOf({ ...failed, retryInMs: 250 }, { ...failed, retryInMs: undefined });
  assert.match(lines[0]!.msg, /did not take 5 changes \(full: no space\): .*again in 250 ms/);
  assert.match(lines[1]!.msg, /nothing more is written/);
  assert.ok(lines.every(({ level }) => level === 50));
});

test("a call that failed and one that starts over are a warning each, on one line, with function and id", () => {
  const lines = linesOf(
    { type: "scheduler-call-failed", id: "7-x", function: "f", status: "NOT_FOUND", error: "T: a\nb" },
    { type: "scheduler-call-restarted", id: "8-x", function: "g", reason: "INCOMPATIBLE_STATE: edited" },
  );
  assert.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [
      [40, "call of f failed, NOT_FOUND: T: a b (call 7-x)"],
      [40, "call of g starts over from its input, INCOMPATIBLE_STATE: edited (call 8-x)"],
    ],
  );
});

test("a flood of failed calls is ten lines and a count", () => {
  const failed = { type: "scheduler-call-failed", id: "1", function: "f", status: "S", error: "E" } as const;
  const lines = linesOf(...Array.from({ length: 25 }, () => failed));
  assert.equal(lines.length, 11);
  assert.equal(lines.at(-1)!.msg, "calls failed: 15 more in this second");
});

test("what happens for every batch is not logged", () => {
  const lines = linesOf(
    { type: "scheduler-committed", changes: 1, durationMs: 1 },
    { type: "scheduler-calls-ended", function: "f", state: "failed", count: 1 },
    { type: "scheduler-attempt-failed", function: "f", status: "TIMEOUT" },
    { type: "scheduler-answer-dropped", reason: "stale" },
    { type: "scheduler-removed", count: 1 },
  );
  assert.deepEqual(lines, []);
});
