import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { SqliteStore } from "../store/index.ts";
import { recordSpans } from "../telemetry/tracing/tracing.test-support.ts";
import { Status } from "../wire/status.ts";
import { Scheduler } from "./index.ts";
import type { SchedulerOptions } from "./options.ts";
import { call, pending, Subject } from "./scheduler.test-support.ts";
import { exitResponse, failedResponse, pollResponse } from "./simulation/messages.ts";
import { readTrace } from "./wire/trace.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CLIENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

async function setup(
  t: TestContext,
  functions: (subject: Subject) => void,
  options: Partial<SchedulerOptions> = {},
) {
  const recorder = recordSpans(t);
  const subject = new Subject();
  functions(subject);
  await subject.open({ tracing: recorder.tracing, ...options });
  t.after(() => subject.close());
  return { ...recorder, subject };
}

const sleeps = (state: string, calls: Parameters<typeof pollResponse>[0]["calls"] = []) =>
  pollResponse({ state, calls, maxWaitMs: 60_000, min: 1, max: 10 });
const child = (name: string) => ({ correlationId: 1n, function: name, input: "", expirationMs: undefined });

/** What a RunRequest says; inputs and states of these tests are no values that could be read. */
function traceIn(request: Uint8Array): string | null {
  const reader = new BinaryReader(request);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1000) return readTrace(reader.bytes());
    reader.skip(wireType, field);
  }
  return null;
}

/** `name <- name of its parent`, sorted; a parent that is no span here is named by its id. */
function tree(spans: readonly ReadableSpan[]): string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map(({ name, parentSpanContext: parent }) =>
      parent === undefined ? name : `${name} <- ${names.get(parent.spanId) ?? parent.spanId}`,
    )
    .sort();
}

test("a call has a span for each part of its life, in the trace of its client", async (t) => {
  const { subject, spans, named } = await setup(t, (s) => s.on("greet", () => exitResponse("hello")));
  const id = await subject.dispatch("greet", { trace: `${CLIENT} vendor=1` });
  await subject.result(id);
  await subject.settle();
  assert.deepEqual(tree(spans()), [
    "accept greet <- b7ad6b7169203331",
    "commit greet <- run greet",
    "queue greet <- accept greet",
    "run greet <- accept greet",
  ]);
  for (const span of spans()) {
    assert.equal(span.spanContext().traceId, TRACE_ID);
    assert.equal(span.spanContext().traceState?.get("vendor"), "1");
    const { attributes } = span;
    assert.equal(attributes["dispatch.function"], "greet");
    assert.equal(attributes["dispatch.id"], id);
    assert.equal(attributes["messaging.system"], "dispatch");
  }
  assert.equal(named("run greet").attributes["dispatch.attempt"], 1);
  assert.equal(named("run greet").attributes["dispatch.status"], "OK");
});

test("a run says which span it is in, and a call without a trace begins one", async (t) => {
  const { subject, named } = await setup(t, (s) => s.on("greet", () => exitResponse("hello")));
  await subject.result(await subject.dispatch("greet"));
  const run = named("run greet").spanContext();
  const [{ trace, request }] = subject.runs as [(typeof subject.runs)[0]];
  assert.equal(trace, `00-${run.traceId}-${run.spanId}-01`);
  assert.equal(traceIn(request), trace);
  assert.equal(named("accept greet").parentSpanContext, undefined);
});

test("a suspended call and its child are one trace, the child below the run that made it", async (t) => {
  const { subject, spans, named } = await setup(t, (s) =>
    s
      .on("parent", ({ state, results }) =>
        state === undefined ? sleeps("waiting", [child("double")]) : exitResponse(results[0]!.output!),
      )
      .on("double", () => exitResponse("4")),
  );
  const id = await subject.dispatch("parent", { trace: CLIENT });
  await subject.result(id);
  await subject.settle();
  assert.deepEqual(
    tree(spans()).filter((line) => !/^(queue|commit)/.test(line)),
    [
      "accept double <- run parent",
      "accept parent <- b7ad6b7169203331",
      "resume parent <- accept parent",
      "run double <- accept double",
      "run parent <- accept parent",
      "suspend parent <- accept parent",
    ],
  );
  assert.ok(spans().every((span) => span.spanContext().traceId === TRACE_ID));
  assert.equal(named("run double").attributes["dispatch.parent_id"], id);
  assert.equal(named("run double").attributes["dispatch.root_id"], id);
});

test("a failed attempt is an error, and the one after it has its own span in the same trace", async (t) => {
  let attempts = 0;
  const { subject, spans } = await setup(t, (s) =>
    s.on("flaky", () => (++attempts === 1 ? failedResponse(Status.TEMPORARY_ERROR) : exitResponse("done"))),
  );
  await subject.result(await subject.dispatch("flaky", { trace: CLIENT }));
  const runs = spans().filter(({ name }) => name === "run flaky");
  assert.deepEqual(
    runs.map(({ attributes, status }) => [
      attributes["dispatch.attempt"],
      attributes["dispatch.status"],
      attributes["error.type"],
      status.code,
      status.message,
    ]),
    [
      [1, "TEMPORARY_ERROR", "TEMPORARY_ERROR", 2, "TEMPORARY_ERROR: SimulatedError: told to fail"],
      [2, "OK", undefined, 0, undefined],
    ],
  );
  assert.equal(runs[0]!.events[0]!.attributes!["exception.message"], "SimulatedError: told to fail");
  assert.ok(runs.every((run) => run.spanContext().traceId === TRACE_ID));
});

test("an attempt that does not answer in time is an error", async (t) => {
  const { subject, spans } = await setup(t, (s) => s.on("hangs", () => pending()), {
    runTimeoutMs: 1_000,
    retry: { attemptsMax: 1 },
  });
  await subject.result(await subject.dispatch("hangs"));
  assert.equal(
    spans().find(({ name }) => name === "run hangs")!.status.message,
    "TIMEOUT: it did not answer in time",
  );
});

test("the trace goes on after a restart, into the runs and the calls they make", async (t) => {
  const { subject, spans, tracing } = await setup(t, (s) =>
    s
      .on("parent", ({ state }) => (state === undefined ? sleeps("asleep") : exitResponse("woke")))
      .on("greet", () => exitResponse("hello")),
  );
  const id = await subject.dispatch("parent", { trace: CLIENT });
  await subject.settle();
  assert.equal(await subject.stateOf(id), "suspended");
  await subject.reopen({ tracing });
  await subject.result(id);
  const resumed = spans().find(({ name }) => name === "resume parent")!;
  const accepted = spans().find(({ name }) => name === "accept parent")!;
  assert.equal(resumed.parentSpanContext?.spanId, accepted.spanContext().spanId);
  assert.equal(resumed.spanContext().traceId, TRACE_ID);
});

test("a store on disk keeps the trace for the process after", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-trace-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { tracing, spans } = recordSpans(t);
  const store = () => new SqliteStore({ file: join(folder, "dispatch.db") });
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const never = {
    deliver() {
      begin();
      return pending();
    },
  };
  const before = await Scheduler.open({ store: store(), delivery: never, tracing });
  const [id] = await before.dispatch([call("greet", { trace: `${CLIENT} vendor=1` })]);
  await began;
  await before.close();
  const response = exitResponse("hello");
  const answers = { deliver: async () => ({ kind: "response", response }) as const };
  const after = await Scheduler.open({ store: store(), delivery: answers, tracing });
  await after.wait(id!);
  await after.close();
  const accepted = spans()
    .find(({ name }) => name === "accept greet")!
    .spanContext();
  const run = spans().find(
    ({ name, attributes }) => name === "run greet" && attributes["dispatch.status"] === "OK",
  )!;
  assert.equal(run.parentSpanContext?.spanId, accepted.spanId);
  assert.equal(run.spanContext().traceState?.get("vendor"), "1");
});

test("a call that is known already is told as such", async (t) => {
  const { subject, spans } = await setup(t, (s) => s.on("greet", () => exitResponse("hello")));
  const id = await subject.dispatch("greet", { idempotencyKey: "once" });
  assert.equal(await subject.dispatch("greet", { idempotencyKey: "once", trace: CLIENT }), id);
  const [, second] = spans().filter(({ name }) => name === "accept greet");
  assert.equal(second!.attributes["dispatch.duplicate_of"], id);
  assert.equal(spans().filter(({ name }) => name === "run greet").length, 1);
});

test("of a trace that is not sampled nothing is made, and that goes on to the runs", async (t) => {
  const { subject, spans } = await setup(t, (s) =>
    s
      .on("parent", ({ state }) =>
        state === undefined ? sleeps("waiting", [child("greet")]) : exitResponse("done"),
      )
      .on("greet", () => exitResponse("hello")),
  );
  await subject.result(await subject.dispatch("parent", { trace: CLIENT.replace(/01$/, "00") }));
  await subject.settle();
  assert.deepEqual(spans(), []);
  assert.equal(subject.runs.length, 3);
  for (const { trace } of subject.runs) assert.match(trace!, new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
});

test("without an SDK a trace is passed on as it came, to the runs of the call and of those below it", async (t) => {
  const subject = new Subject()
    .on("parent", ({ state }) =>
      state === undefined ? sleeps("waiting", [child("greet")]) : exitResponse("done"),
    )
    .on("greet", () => exitResponse("hello"));
  await subject.open({ awakeCallsMax: 0 });
  t.after(() => subject.close());
  await subject.result(await subject.dispatch("parent", { trace: CLIENT }));
  await subject.result(await subject.dispatch("greet"));
  assert.deepEqual(
    subject.runs.map((run) => [run.function, run.trace, traceIn(run.request)]),
    [
      ["parent", CLIENT, CLIENT],
      ["greet", CLIENT, CLIENT],
      ["parent", CLIENT, CLIENT],
      ["greet", null, null],
    ],
  );
});
