import assert from "node:assert/strict";
import { test } from "node:test";
import type { TelemetryEvent } from "./events.ts";
import { createLogger, logEvents } from "./log.ts";

function setup() {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level: "debug",
    format: "json",
    destination: { write: (text: string) => lines.push(JSON.parse(text)) },
  });
  let flush = () => {};
  const emit = logEvents(logger, (next) => {
    flush = next;
  });
  const messages = () => lines.map(({ msg }) => msg);
  return { logger, lines, emit, messages, endSecond: () => flush() };
}

const refused = (message: string, reason = "invalid"): TelemetryEvent =>
  ({ type: "request-rejected", reason, message }) as TelemetryEvent;

test("a line has a level, a time and a message, and no process or host", () => {
  const { emit, lines } = setup();
  emit({ type: "service-stopped" });
  assert.deepEqual(Object.keys(lines[0]!), ["level", "time", "msg"]);
  assert.match(String(lines[0]!.time), /^\d{4}-\d\d-\d\dT/);
});

test("it says at the start where it listens and what it serves", () => {
  const { emit, messages, lines } = setup();
  const functions = Array.from({ length: 22 }, (_, index) => `f${index}`);
  emit({ type: "service-ready", url: "http://localhost:8000", functions, threads: 1 });
  emit({ type: "service-ready", url: "http://localhost:8000", functions: [], threads: 2 });
  const [listening, serving, none, nothing] = messages();
  assert.equal(listening, "listening on http://localhost:8000, 22 functions on 1 thread");
  assert.match(String(serving), /^serving f0, f1, .*, f19 and 2 more$/);
  assert.equal(none, "listening on http://localhost:8000, 0 functions on 2 threads");
  assert.match(String(nothing), /^serving no functions/);
  assert.deepEqual(
    lines.map(({ level }) => level),
    [30, 30, 30, 40],
  );
});

test("what came from outside is one line, of bounded length", () => {
  const { emit, messages } = setup();
  emit(refused(`a\r\n{"level":60}\u2028b\u0000${"x".repeat(1_000)}`));
  assert.match(String(messages()[0]), /^request refused: a \{"level":60\} b x+$/);
  assert.ok(String(messages()[0]).length < 600);
});

test("a flood of refusals is ten lines a second of each kind and a count", () => {
  const { emit, messages, endSecond } = setup();
  for (let index = 0; index < 1_000; index++) emit(refused("queue", "queue-full"));
  emit(refused("bad"));
  assert.equal(messages().length, 11);
  endSecond();
  assert.equal(messages().at(-1), "requests refused, queue-full: 990 more in this second");
  emit(refused("queue", "queue-full"));
  assert.equal(messages().length, 13);
  endSecond();
  assert.equal(messages().length, 13);
});

test("runs are not logged, but for those the pool had to answer", () => {
  const { emit, messages } = setup();
  const run = { functionName: "f", status: 1, durationSeconds: 0, queueSeconds: 0 };
  emit({ type: "request-received", bytes: 10 });
  emit({ type: "pool-batch-sent", runs: 3 });
  emit({ type: "pool-runs-finished", runs: [run, run, { ...run, reason: "blocked" }] });
  assert.deepEqual(messages(), ["run answered by the pool: blocked"]);
});

test("a thread's end says why, and one that was not needed any more is no news", () => {
  const { emit, lines } = setup();
  const death = { type: "pool-thread-died", threadId: 3, functionName: "f", runsRepeated: 2 } as const;
  emit({ ...death, reason: "out-of-memory", text: "the heap of 512 MiB is full" });
  emit({ ...death, reason: "retired", text: "" });
  assert.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [
      [50, "thread ended, out-of-memory: the heap of 512 MiB is full; 2 runs start again"],
      [20, "thread retired"],
    ],
  );
});

test("keys and bodies stay out of the log, whatever object a line carries", () => {
  const { logger, lines } = setup();
  const secret = "hunter2";
  logger.info({ apiKey: secret, request: { body: secret, headers: { authorization: secret } } }, "x");
  logger.info({ config: { apiKeys: [secret], signingKey: secret, verificationKey: secret } }, "x");
  assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
});
