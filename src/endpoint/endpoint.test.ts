import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { PoolClosedError, PoolFullError } from "../pool/index.ts";
import { RunResponseSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import { peekRunRequest, runRequest as runRequestMessage, writeRunRequest } from "../wire/hot-path/index.ts";
import { encodeValue } from "../wire/values/index.ts";
import { OK_RESPONSE, refusal, runRequest, setupEndpoint } from "./endpoint.test-support.ts";

const JSON_TYPE = "application/json";
const PROTO = { "content-type": "application/proto" };

test("a run gets its bytes untouched and gives the answer's bytes untouched", async () => {
  const seen: [string, Uint8Array][] = [];
  const answer = toBinary(
    RunResponseSchema,
    create(RunResponseSchema, {
      status: Status.OK,
      directive: { case: "exit", value: { result: { output: encodeValue("Hello", "output") } } },
    }),
  );
  await using endpoint = await setupEndpoint({
    run: async (name, bytes) => {
      seen.push([name, bytes]);
      return answer;
    },
  });
  const request = runRequest();
  const response = await endpoint.post(request, PROTO);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/proto");
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), answer);
  assert.deepEqual(
    seen.map(([name, bytes]) => [name, new Uint8Array(bytes)]),
    [["greet", request]],
  );
  assert.deepEqual(endpoint.rejections(), []);
});

test("every byte value arrives as it is, in small and in large answers", async () => {
  for (const length of [0, 256, 16_384, 16_385, 3_000_000]) {
    const answer = Uint8Array.from({ length }, (_, index) => index % 256);
    await using endpoint = await setupEndpoint({ run: async () => answer });
    const response = await endpoint.post(runRequest(), PROTO);
    assert.equal(response.headers.get("content-length"), String(length));
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), answer);
  }
});

test("the content type of a run is not checked, nor asked for", async () => {
  await using endpoint = await setupEndpoint();
  for (const type of [
    "application/proto",
    "application/x-protobuf",
    "text/plain",
    "application/octet-stream",
  ])
    assert.equal((await endpoint.post(runRequest(), { "content-type": type })).status, 200, type);
  const text = Buffer.from(runRequest()).toString("latin1");
  const raw = await endpoint.raw(
    Buffer.from(
      `POST /dispatch.sdk.v1.FunctionService/Run HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      "latin1",
    ),
  );
  assert.match(raw, /^HTTP\/1\.1 200 /);
});

test("a trace in the headers reaches the function, unless the message names one itself", async () => {
  const seen: unknown[] = [];
  await using endpoint = await setupEndpoint({
    run: async (_name, request) => {
      const { trace, ...head } = peekRunRequest(request);
      assert.deepEqual([head.function, head.hasInput], ["greet", true]);
      seen.push(trace);
      return OK_RESPONSE;
    },
  });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const named = Buffer.concat([
    runRequest(),
    writeRunRequest(runRequestMessage({ trace: { traceparent: "of the message", tracestate: "" } })),
  ]);
  const table: [body: Uint8Array, headers: Record<string, string>, trace: unknown][] = [
    [runRequest(), { traceparent, tracestate: "a=b" }, { traceparent, tracestate: "a=b" }],
    [runRequest(), { traceparent }, { traceparent, tracestate: "" }],
    [runRequest(), { traceparent: "00-malformed" }, undefined],
    [runRequest(), { tracestate: "a=b" }, undefined],
    [named, { traceparent }, { traceparent: "of the message", tracestate: "" }],
  ];
  for (const [body, headers] of table)
    assert.equal((await endpoint.post(body, { ...PROTO, ...headers })).status, 200);
  assert.deepEqual(
    seen,
    table.map(([, , trace]) => trace),
  );
});

test("a Connect client that speaks JSON gets JSON", async () => {
  await using endpoint = await setupEndpoint({
    run: async () =>
      toBinary(
        RunResponseSchema,
        create(RunResponseSchema, {
          status: Status.OK,
          directive: { case: "exit", value: { result: { output: encodeValue("Hello", "output") } } },
        }),
      ),
  });
  const body = JSON.stringify({
    function: "greet",
    input: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "World" },
  });
  const response = await endpoint.post(body, { "content-type": JSON_TYPE });
  assert.equal(response.headers.get("content-type"), JSON_TYPE);
  assert.deepEqual(await response.json(), {
    status: "STATUS_OK",
    exit: {
      result: { output: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "Hello" } },
    },
  });
  const bad = await refusal(await endpoint.post("{", { "content-type": "application/json; charset=utf-8" }));
  assert.equal(bad.code, "invalid_argument");
});

test("the protocol's error table: each with its status, code and text", async () => {
  await using endpoint = await setupEndpoint({ bodyLimitBytes: 1_024 });
  const table: [Promise<Response>, number, string, RegExp][] = [
    [endpoint.post(new Uint8Array(), PROTO), 400, "invalid_argument", /^function is required$/],
    [endpoint.post(runRequest({ function: "" }), PROTO), 400, "invalid_argument", /^function is required$/],
    [endpoint.post(new Uint8Array(1_025), PROTO), 400, "invalid_argument", /^content length is too large$/],
    [
      endpoint.post(runRequest({ function: "nobody" }), PROTO),
      404,
      "not_found",
      /^function 'nobody' does not exist$/,
    ],
    [fetch(`${endpoint.url}/elsewhere`, { method: "POST" }), 404, "not_found", /^path not found$/],
    [fetch(`${endpoint.url}/dispatch.sdk.v1.FunctionService/Run`), 404, "not_found", /^path not found$/],
    [fetch(`${endpoint.url}/%zz`), 404, "not_found", /^path not found$/],
    [
      endpoint.post(runRequest({ directive: "none" }), PROTO),
      400,
      "invalid_argument",
      /^directive is required/,
    ],
    [
      endpoint.post(runRequest(), { ...PROTO, "content-encoding": "gzip" }),
      501,
      "unimplemented",
      /^content encoding 'gzip' is not supported/,
    ],
  ];
  for (const [response, status, code, message] of table) {
    const answer = await refusal(await response);
    assert.deepEqual([answer.status, answer.type, answer.code], [status, JSON_TYPE, code]);
    assert.match(answer.message, message);
  }
});

test("a name with quotes, control characters or 10 kB gives valid JSON", async () => {
  await using endpoint = await setupEndpoint();
  for (const name of [`it's "quoted" \\ \n\u0000`, "n".repeat(1_000), "n".repeat(10_000), "名前 \u2028"]) {
    const answer = await refusal(await endpoint.post(runRequest({ function: name }), PROTO));
    assert.ok(answer.status === 404 || answer.status === 400, `${answer.status}`);
    if (answer.status === 404) assert.equal(answer.message, `function '${name}' does not exist`);
  }
});

test("a primitive function that throws is internal, and its text stays inside", async () => {
  const fatal = toBinary(
    RunResponseSchema,
    create(RunResponseSchema, {
      status: Status.PERMANENT_ERROR,
      directive: { case: "exit", value: { result: { error: { type: "FatalError", message: "secret" } } } },
    }),
  );
  const permanent = toBinary(
    RunResponseSchema,
    create(RunResponseSchema, {
      status: Status.PERMANENT_ERROR,
      directive: { case: "exit", value: { result: { error: { type: "TypeError", message: "no" } } } },
    }),
  );
  let answer = fatal;
  await using endpoint = await setupEndpoint({ run: async () => answer });
  assert.deepEqual(await refusal(await endpoint.post(runRequest(), PROTO)), {
    status: 500,
    type: JSON_TYPE,
    code: "internal",
    message: "function 'greet' fatal error",
  });
  answer = permanent;
  assert.equal((await endpoint.post(runRequest(), PROTO)).status, 200);
});

test("a full queue is 429 with Retry-After in whole seconds, a closed pool 503", async () => {
  let error: Error = new PoolFullError(7, 1_200);
  await using endpoint = await setupEndpoint({ run: () => Promise.reject(error) });
  const full = await endpoint.post(runRequest(), PROTO);
  assert.equal(full.headers.get("retry-after"), "2");
  assert.deepEqual(await refusal(full), {
    status: 429,
    type: JSON_TYPE,
    code: "resource_exhausted",
    message: "the queue of the pool is full (7 runs waiting)",
  });
  error = new PoolClosedError();
  assert.equal((await refusal(await endpoint.post(runRequest(), PROTO))).code, "unavailable");
});

test("an unforeseen fault is internal without its text, which the log gets", async () => {
  await using endpoint = await setupEndpoint({ run: () => Promise.reject(new Error("password is hunter2")) });
  const answer = await refusal(await endpoint.post(runRequest(), PROTO));
  assert.deepEqual([answer.status, answer.code, answer.message], [500, "internal", "internal error"]);
  const notices = endpoint.events.filter((event) => event.type === "notice");
  assert.equal(notices.length, 1);
  assert.match(notices[0]!.message, /hunter2/);
});

test("health and readiness: ready turns 503 with a reason, health does not", async () => {
  let reason: string | undefined;
  await using endpoint = await setupEndpoint({ unready: () => reason });
  const get = async (path: string) => {
    const response = await fetch(endpoint.url + path);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get("/healthz"), [200, "ok\n"]);
  assert.deepEqual(await get("/readyz"), [200, "ok\n"]);
  reason = "no thread";
  assert.deepEqual(await get("/readyz"), [503, "no thread\n"]);
  reason = undefined;
  endpoint.endpoint.announceStop();
  assert.deepEqual(await get("/readyz"), [503, "stopping\n"]);
  assert.deepEqual(await get("/healthz"), [200, "ok\n"]);
  assert.deepEqual(await get("/metrics"), [404, '{"code":"not_found","message":"path not found"}']);
  assert.equal((await endpoint.post(runRequest(), PROTO)).status, 200);
});

test("closing waits for the runs in flight and takes no new connections", async () => {
  const release = Promise.withResolvers<Uint8Array>();
  const started = Promise.withResolvers<void>();
  const endpoint = await setupEndpoint({
    run: () => {
      started.resolve();
      return release.promise;
    },
  });
  const running = endpoint.post(runRequest(), PROTO);
  await started.promise;
  const closed = endpoint.endpoint.close();
  release.resolve(OK_RESPONSE);
  assert.equal((await running).status, 200);
  await closed;
  await assert.rejects(fetch(`${endpoint.url}/healthz`));
});

test("every refusal is one event with a reason from the closed list", async () => {
  await using endpoint = await setupEndpoint({ bodyLimitBytes: 100 });
  await endpoint.post(new Uint8Array([255]), PROTO);
  await endpoint.post(new Uint8Array(101), PROTO);
  await endpoint.post(runRequest({ function: "x" }), PROTO);
  assert.deepEqual(
    endpoint.rejections().map((event) => event.reason),
    ["invalid", "too-large", "not-found"],
  );
});
