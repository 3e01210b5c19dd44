import assert from "node:assert/strict";
import { test } from "node:test";
import { recordSpans } from "../../telemetry/tracing/tracing.test-support.ts";
import { Call } from "../call.ts";
import { accept, callOf, refuse, setupApi } from "./client.test-support.ts";
import { ClientError } from "./client-error.ts";

test("without an SDK a call says nothing of traces", async (t) => {
  const api = await setupApi(t);
  await api.client().dispatch([callOf("greet")]);
  assert.equal(api.requests[0]!.calls[0]!.options, undefined);
});

test("a dispatch is a span below the active one, and the calls go on from it", async (t) => {
  const { tracing, named } = recordSpans(t);
  const api = await setupApi(t);
  const client = api.client();
  const withOptions = new Call({ function: "greet", endpoint: "http://functions", priority: 3 });
  await tracing.tracer.startActiveSpan("request", async (request) => {
    await client.dispatch([callOf("greet"), withOptions]);
    request.end();
  });
  const { traceId, spanId } = named("dispatch greet").spanContext();
  assert.equal(named("dispatch greet").parentSpanContext?.spanId, named("request").spanContext().spanId);
  assert.equal(named("dispatch greet").attributes["messaging.batch.message_count"], 2);
  assert.deepEqual(named("dispatch greet").attributes["dispatch.ids"], ["id-greet", "id-greet"]);
  const { calls } = api.requests[0]!;
  assert.deepEqual(
    calls.map(({ options }) => [options?.trace?.traceparent, options?.priority]),
    [
      [`00-${traceId}-${spanId}-01`, undefined],
      [`00-${traceId}-${spanId}-01`, 3],
    ],
  );
});

test("dispatches that share a request are spans of their own", async (t) => {
  const { spans } = recordSpans(t);
  const api = await setupApi(t);
  const client = api.client();
  await Promise.all([client.dispatch([callOf("a")]), client.dispatch([callOf("b")])]);
  assert.equal(api.requests.length, 1);
  const traces = api.requests[0]!.calls.map(({ options }) => options!.trace!.traceparent.slice(3, 35));
  assert.deepEqual(
    spans().map((span) => [span.name, span.spanContext().traceId]),
    [
      ["dispatch a", traces[0]],
      ["dispatch b", traces[1]],
    ],
  );
  assert.notEqual(traces[0], traces[1]);
});

test("a dispatch that is refused is an error of its span", async (t) => {
  const { named } = recordSpans(t);
  const api = await setupApi(t, (request) =>
    request.calls[0]!.function === "bad" ? refuse(400, "invalid_argument", "calls[0]: no") : accept(request),
  );
  await assert.rejects(api.client().dispatch([callOf("bad")]), ClientError);
  assert.equal(named("dispatch bad").attributes["error.type"], "invalid_argument");
  assert.match(named("dispatch bad").status.message!, /calls\[0\]: no/);
});
