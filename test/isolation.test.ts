/** One bad call hurts only itself: seen from outside, over HTTP, under the load of another function. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { pino } from "pino";
import { resolveConfig } from "../src/config/index.ts";
import { RUN_PATH } from "../src/endpoint/index.ts";
import { startService } from "../src/service.ts";
import { RunRequestSchema } from "../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { readAny, readRunResponse } from "../src/wire/hot-path/index.ts";
import { statusName } from "../src/wire/status.ts";
import { decodeValue, encodeArguments } from "../src/wire/values/index.ts";

const MODULE = new URL("fixtures/harmful-functions.ts", import.meta.url).href;
const CONNECTIONS = 64;

async function setup(t: TestContext, flags: Record<string, unknown> = {}) {
  const { config } = resolveConfig({
    flags: {
      endpointAddr: "127.0.0.1:0",
      adminAddr: "off",
      scheduler: "off",
      storePath: ":memory:",
      threadsMax: 2,
      ...flags,
    },
  });
  const service = await startService({ config, modules: [MODULE], logger: pino({ level: "silent" }) });
  t.after(() => service.stop("the test has ended"));
  const run = async (name: string, ...args: unknown[]) => {
    const input = encodeArguments(args);
    const request = create(RunRequestSchema, { function: name, directive: { case: "input", value: input } });
    const body = toBinary(RunRequestSchema, request) as Uint8Array<ArrayBuffer>;
    const response = await fetch(service.url + RUN_PATH, { method: "POST", body });
    assert.equal(response.status, 200, await (response.status === 200 ? "" : response.text()));
    const { status, exit } = readRunResponse(new Uint8Array(await response.arrayBuffer()));
    const { output, error } = exit?.result ?? {};
    return {
      status: statusName(status),
      error: error?.type,
      value: output === undefined ? undefined : decodeValue(readAny(output)),
    };
  };
  return { service, run };
}

test("endless loops, full heaps, exits and uncaught errors fail no run of another function", async (t) => {
  const { service, run } = await setup(t, { runTimeoutMs: 1_500, cancelGraceMs: 50, threadMemoryMiB: 64 });
  let isOver = false;
  let served = 0;
  const load = Array.from({ length: CONNECTIONS }, async () => {
    while (!isOver) {
      const { status, value, error } = await run("trivial", ++served);
      assert.deepEqual([status, error, typeof value], ["OK", undefined, "number"]);
    }
  });
  const harmful = (async () => {
    const ends: Record<string, string> = {};
    for (const name of ["exit", "loop", "fill", "throwLater"]) {
      const { status, error } = await run(name);
      ends[name] = `${status} ${error}`;
    }
    isOver = true;
    return ends;
  })();
  const [ends] = await Promise.all([harmful, ...load]);
  for (const [name, end] of Object.entries(ends)) assert.match(end, EXPECTED[name]!, name);
  assert.ok(served > CONNECTIONS, "the load went on");
  assert.equal((await run("trivial", 1)).value, 1);
  checkMetrics(await service.metrics.metrics());
});

const EXPECTED: Record<string, RegExp> = {
  exit: /^PERMANENT_ERROR \w+/,
  loop: /^TIMEOUT \w+/,
  fill: /^(?:PERMANENT|TEMPORARY)_ERROR OutOfMemory/,
  throwLater: /^PERMANENT_ERROR \w+/,
};

/** Of a service that has seen all kinds of trouble, so that every series has a value. */
function checkMetrics(text: string): void {
  for (const reason of ["exit", "blocked", "out-of-memory", "uncaught"])
    assert.match(text, new RegExp(`dispatch_pool_thread_deaths_total\\{reason="${reason}"\\} [1-9]`));
  const promtool = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  if (promtool.error === undefined)
    assert.deepEqual([promtool.status, promtool.stdout + promtool.stderr], [0, ""]);
}

test("a thousand runs that wait share one thread", async (t) => {
  const { run } = await setup(t, { threadsMax: 1 });
  const results = await Promise.all(Array.from({ length: 1_000 }, (_, index) => run("io5ms", index)));
  assert.deepEqual(
    results.map(({ value }) => value),
    Array.from({ length: 1_000 }, (_, index) => index),
  );
});

test("a full queue answers 429 at once, and what was taken is answered", async (t) => {
  const { service, run } = await setup(t, { threadsMax: 1, concurrency: 1, queueMax: 4 });
  const body = toBinary(
    RunRequestSchema,
    create(RunRequestSchema, {
      function: "io5ms",
      directive: { case: "input", value: encodeArguments([1]) },
    }),
  ) as Uint8Array<ArrayBuffer>;
  const responses = await Promise.all(
    Array.from({ length: 100 }, () => fetch(service.url + RUN_PATH, { method: "POST", body })),
  );
  const refused = responses.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0);
  for (const response of refused) {
    assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.equal(((await response.json()) as { code: string }).code, "resource_exhausted");
  }
  assert.equal(responses.filter(({ status }) => status === 200).length, 100 - refused.length);
  assert.equal((await run("io5ms", 2)).value, 2);
});
