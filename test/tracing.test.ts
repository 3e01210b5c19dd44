/** Spans as they are exported: a service with its threads, its client, and what they tell a collector. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve, temporaryFolder } from "../src/cli/cli.test-support.ts";
import { Client } from "../src/index.ts";
import { Call } from "../src/sdk/index.ts";
import { recordSpans } from "../src/telemetry/tracing/tracing.test-support.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status: { code?: number; message?: string };
  readonly attributes: Record<string, unknown>;
  /** 0 for the process itself. */
  readonly threadId: unknown;
}

type Attributes = { key: string; value: Record<string, unknown> }[];
type Span = Omit<ExportedSpan, "attributes" | "threadId"> & { attributes: Attributes };
interface Exported {
  resourceSpans: { resource: { attributes: Attributes }; scopeSpans: { spans: Span[] }[] }[];
}

/** Takes what an OTLP exporter posts over HTTP. */
async function collector(t: TestContext) {
  const spans: ExportedSpan[] = [];
  const server = createServer(async (request, response) => {
    assert.equal(request.url, "/v1/traces");
    const { resourceSpans } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Exported;
    for (const { resource, scopeSpans } of resourceSpans) {
      const threadId = valuesOf(resource.attributes)["thread.id"];
      for (const span of scopeSpans.flatMap((one) => one.spans)) {
        spans.push({ ...span, attributes: valuesOf(span.attributes), threadId });
      }
    }
    response.setHeader("content-type", "application/json").end("{}");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
}

const valuesOf = (attributes: Attributes) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

async function setup(t: TestContext) {
  const { url, spans } = await collector(t);
  const folder = temporaryFolder();
  t.after(() => folder[Symbol.dispose]());
  const args = [path("fixtures/tracing-functions.ts"), "--setup-modules", path("../examples/tracing.ts")];
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, DISPATCH_RETRY_FIRST_DELAY_MS: "1" };
  const service = await serve(args, { cwd: folder.path, env });
  const client = new Client({ apiUrl: service.url });
  t.after(async () => {
    await client.close();
    await service[Symbol.asyncDispose]();
  });
  const stop = async () => {
    service.child.kill("SIGTERM");
    assert.equal((await service.ended).code, 0);
  };
  return { client, spans, stop };
}

test("a call with two children, a suspension and a retry is one trace, as a collector sees it", async (t) => {
  const recorder = recordSpans(t);
  const { client, spans, stop } = await setup(t);
  const { tracer, api } = recorder.tracing;
  const id = await tracer.startActiveSpan("request", async (request) => {
    const [id] = await client.dispatch([new Call({ function: "parent", args: [20] })]);
    request.end();
    return id!;
  });
  assert.equal(await client.wait(id), 61);
  await stop();

  const request = recorder.named("request").spanContext();
  const dispatch = recorder.named("dispatch parent");
  assert.equal(dispatch.parentSpanContext?.spanId, request.spanId);
  assert.equal(dispatch.attributes["dispatch.id"], id);
  assert.equal(dispatch.kind, api.SpanKind.CLIENT);
  assert.deepEqual(
    spans.filter(({ traceId }) => traceId !== request.traceId).map(({ name }) => name),
    [],
  );

  const names = new Map(spans.map((span) => [span.spanId, span.name]));
  names.set(dispatch.spanContext().spanId, dispatch.name);
  const tree = spans.map(({ name, parentSpanId }) => `${name} <- ${names.get(parentSpanId ?? "")}`);
  const without = (...names: RegExp[]) =>
    tree.filter((line) => names.every((name) => !name.test(line))).sort();
  assert.deepEqual(
    // Results may come one at a time: how often it is resumed is not told here.
    without(/^(queue|commit)/, /^(resume|suspend|execute) parent/),
    [
      "accept double <- execute parent",
      "accept flaky <- order",
      "accept parent <- dispatch parent",
      "execute double <- run double",
      "execute flaky <- run flaky",
      "execute flaky <- run flaky",
      "order <- execute parent",
      "query double <- execute double",
      "query double after a timer <- execute double",
      "query parent <- execute parent",
      "query parent resumed <- execute parent",
      "run double <- accept double",
      "run flaky <- accept flaky",
      "run flaky <- accept flaky",
      "run parent <- accept parent",
    ],
  );
  for (const line of ["resume parent <- accept parent", "suspend parent <- accept parent"]) {
    assert.ok(tree.includes(line), line);
  }
  assert.ok(tree.includes("execute parent <- run parent"));
  assert.ok(tree.includes("execute parent <- resume parent"));
  const resumed = spans.find(({ name }) => name === "query parent resumed")!;
  const within = spans.find(({ spanId }) => spanId === resumed.parentSpanId)!;
  assert.equal(within.attributes["dispatch.resumes"], true);

  const attempts = spans.filter(({ name }) => name === "run flaky");
  assert.deepEqual(
    attempts.map(({ attributes, status }) => [Number(attributes["dispatch.attempt"]), status.code]).sort(),
    [
      [1, 2],
      [2, 0],
    ],
  );
  const failed = attempts.find(({ status }) => status.code === 2)!;
  assert.equal(failed.status.message, "TEMPORARY_ERROR: TemporaryError: busy");
  const page = readFileSync(path("../docs/tracing.md"), "utf8");
  const told = [...spans.map(({ name }) => name), dispatch.name].filter(
    (name) => !/^(query|order)/.test(name),
  );
  for (const name of told) assert.ok(page.includes(`| \`${name.split(" ")[0]} f\` |`), name);
  for (const { attributes } of [...spans, dispatch]) {
    for (const key of Object.keys(attributes)) assert.ok(page.includes(`\`${key}\``), key);
  }
  assert.ok(
    spans.every(({ name, threadId }) => /^(execute|query|order)/.test(name) === Number(threadId) > 0),
  );
});

test("runs that share a thread keep their spans apart, whoever wakes them", async (t) => {
  const { client, stop } = await setup(t);
  const calls = Array.from({ length: 4 }, () => new Call({ function: "steady" }));
  const ids = await client.dispatch(calls);
  assert.deepEqual(await Promise.all(ids.map((id) => client.wait(id))), [true, true, true, true]);
  await stop();
});
