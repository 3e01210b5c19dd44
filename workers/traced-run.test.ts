import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { trace } from "@opentelemetry/api";
import { keepContexts } from "../src/coroutine/runtime/contexts.ts";
import { failureResponse } from "../src/pool/failure-response.ts";
import { recordSpans } from "../src/telemetry/tracing/tracing.test-support.ts";
import {
  poll,
  runRequest,
  runResponse,
  type TraceContext,
  writeRunRequest,
  writeRunResponse,
} from "../src/wire/hot-path/index.ts";
import { Status } from "../src/wire/status.ts";
import type { Runner } from "./runner.ts";
import { tracedRun } from "./traced-run.ts";

const NEVER = { signal: new AbortController().signal };
const OK = writeRunResponse(
  runResponse({ status: Status.OK, exit: { result: undefined, tailCall: undefined } }),
);
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function setup(t: TestContext, run: Runner["run"]) {
  const recorder = recordSpans(t);
  t.after(() => keepContexts(false));
  const traced = tracedRun(recorder.tracing, run);
  const request = (trace?: TraceContext) =>
    writeRunRequest(runRequest({ function: "greet", dispatchId: "id-1", input: new Uint8Array(), trace }));
  return { ...recorder, run: (trace?: TraceContext) => traced(request(trace), NEVER), traced };
}

test("the span of a run is active in its code, also after awaits, and below that of the request", async (t) => {
  const active: (string | undefined)[] = [];
  const note = () => void active.push(trace.getActiveSpan()?.spanContext().spanId);
  const { run, named } = setup(t, async () => {
    note();
    await new Promise((resolve) => setImmediate(resolve));
    note();
    return OK;
  });
  assert.equal(await run({ traceparent: PARENT, tracestate: "" }), OK);
  note();
  const { spanId, traceId } = named("execute greet").spanContext();
  assert.deepEqual(active, [spanId, spanId, undefined]);
  assert.equal(traceId, PARENT.slice(3, 35));
  assert.equal(named("execute greet").attributes["dispatch.status"], "OK");
});

test("a malformed trace is none, and the run goes on", (t) => {
  const { run, named } = setup(t, () => OK);
  assert.equal(run({ traceparent: "00-nonsense", tracestate: "\n" }), OK);
  assert.equal(named("execute greet").parentSpanContext, undefined);
});

test("what is no request, and what is no response, is left to others", (t) => {
  const answers: Uint8Array[] = [];
  const { traced, run, named } = setup(t, () => answers.shift()!);
  answers.push(OK, new Uint8Array([255]));
  assert.equal(traced(new Uint8Array([255]), NEVER), OK);
  assert.deepEqual(run(), new Uint8Array([255]));
  assert.equal(named("execute greet").attributes["error.type"], "INVALID_RESPONSE");
});

test("failures are errors of the span: those that are answered, and those that are thrown", async (t) => {
  const failed = setup(t, () => failureResponse(Status.TEMPORARY_ERROR, "PoolClosed", "try later"));
  await failed.run();
  assert.equal(failed.named("execute greet").status.message, "TEMPORARY_ERROR: PoolClosed: try later");
});

test("what a runner rejects or throws passes through, and its span ends", async (t) => {
  const { run, spans } = setup(t, () => Promise.reject(new Error("a fault")));
  await assert.rejects(async () => await run(), /a fault/);
  assert.equal(spans()[0]!.attributes["error.type"], "PERMANENT_ERROR");
});

test("a runner that throws at once ends its span too", (t) => {
  const { run, spans } = setup(t, () => {
    throw new Error("a fault");
  });
  assert.throws(() => run(), /a fault/);
  assert.equal(spans()[0]!.attributes["error.type"], "PERMANENT_ERROR");
});

test("a run that suspends says so", (t) => {
  const { run, named } = setup(t, () =>
    writeRunResponse(runResponse({ status: Status.OK, poll: poll({ maxWait: { seconds: 1, nanos: 0 } }) })),
  );
  run();
  const { attributes } = named("execute greet");
  assert.deepEqual([attributes["dispatch.suspends"], attributes["dispatch.calls"]], [true, 0]);
});
