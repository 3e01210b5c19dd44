import assert from "node:assert/strict";
import { test } from "node:test";
import { trace } from "@opentelemetry/api";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { activeTrace, contextOf, failSpan, installedTracing, textOf } from "./index.ts";
import { recordSpans } from "./tracing.test-support.ts";

test("there is tracing while a tracer provider is installed, and no longer", () => {
  assert.equal(installedTracing(), undefined);
  // The proxy without a provider behind it is none.
  trace.getTracerProvider().getTracer("somebody");
  assert.equal(installedTracing(), undefined);
  assert.ok(trace.setGlobalTracerProvider(new TracerProvider()));
  assert.equal(installedTracing(), installedTracing());
  assert.notEqual(installedTracing(), undefined);
  trace.disable();
  assert.equal(installedTracing(), undefined);
});

test("a provider that is installed anew is asked for its own tracer", (t) => {
  const first = recordSpans(t);
  trace.disable();
  const second = recordSpans(t);
  second.tracing.tracer.startSpan("to the second").end();
  assert.deepEqual([first.spans().length, second.spans().length], [0, 1]);
});

test("a trace goes on from its text, and a span gives the text back", (t) => {
  const { tracing, named } = recordSpans(t);
  const text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 a=1,b=2";
  const span = tracing.tracer.startSpan("below", {}, contextOf(tracing, text));
  assert.match(textOf(span)!, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01 a=1,b=2$/);
  span.end();
  assert.equal(named("below").parentSpanContext?.spanId, "b7ad6b7169203331");
  tracing.tracer.startSpan("alone", {}, contextOf(tracing, null)).end();
  assert.equal(named("alone").parentSpanContext, undefined);
});

test("what is not sampled stays so", (t) => {
  const { tracing, spans } = recordSpans(t);
  const text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
  const span = tracing.tracer.startSpan("below", {}, contextOf(tracing, text));
  assert.match(textOf(span)!, /-00$/);
  span.end();
  assert.deepEqual(spans(), []);
});

test("the active trace is that of the running code; outside of any span there is none", (t) => {
  const { tracing } = recordSpans(t);
  assert.equal(activeTrace(tracing), null);
  tracing.tracer.startActiveSpan("active", (span) => assert.equal(activeTrace(tracing), textOf(span)));
});

test("a failure is recorded with its type, and texts from outside are bounded", (t) => {
  const { tracing, named } = recordSpans(t);
  const span = tracing.tracer.startSpan("fails");
  failSpan(tracing, span, "TEMPORARY_ERROR", "x".repeat(100_000));
  span.end();
  const { status, attributes, events } = named("fails");
  assert.equal(attributes["error.type"], "TEMPORARY_ERROR");
  assert.equal(events[0]!.name, "exception");
  assert.ok(status.message!.length < 1_100);
});
