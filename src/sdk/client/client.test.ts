import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../../wire/status.ts";
import { Batch } from "../batch.ts";
import { Call } from "../call.ts";
import { setHostDefaults } from "../environment.ts";
import { ConfigurationError } from "../errors/dispatch-error.ts";
import { Registry } from "../registry/registry.ts";
import { type Answer, accept, callOf, refuse, setupApi, virtualClock } from "./client.test-support.ts";
import { Client } from "./client.ts";
import { ClientError } from "./client-error.ts";

test("a dispatch is one POST with key, content type, protocol version and time limit", async (t) => {
  const api = await setupApi(t);
  assert.deepEqual(await api.client().dispatch([callOf("a", 1), callOf("b")]), ["id-a", "id-b"]);
  const [request] = api.requests;
  assert.equal(request?.path, "/dispatch.sdk.v1.DispatchService/Dispatch");
  assert.equal(request?.headers.authorization, "Bearer key");
  assert.equal(request?.headers["content-type"], "application/proto");
  assert.equal(request?.headers["connect-protocol-version"], "1");
  assert.equal(request?.headers["connect-timeout-ms"], "5000");
  assert.ok(request?.headers["idempotency-key"]);
  assert.deepEqual(
    request?.calls.map((call) => [call.function, call.endpoint]),
    [
      ["a", "http://functions"],
      ["b", "http://functions"],
    ],
  );
});

test("calls dispatched in the same turn share a request, and each gets its own ids", async (t) => {
  const api = await setupApi(t);
  const client = api.client();
  const names = Array.from({ length: 100 }, (_, i) => `f${i}`);
  const ids = await Promise.all(names.map((name) => client.dispatch([callOf(name), callOf(`${name}b`)])));
  assert.equal(api.requests.length, 1);
  assert.deepEqual(
    ids,
    names.map((name) => [`id-${name}`, `id-${name}b`]),
  );
});

test("requests are cut at the limits of calls and bytes, never inside what must be recorded together", async (t) => {
  const api = await setupApi(t);
  const byCalls = api.client({ batchCallsMax: 3, requestsMax: 1 });
  await Promise.all([2, 2, 1, 5].map((n) => byCalls.dispatch(Array.from({ length: n }, () => callOf("f")))));
  assert.deepEqual(
    api.requests.map((r) => r.calls.length),
    [2, 3, 5],
  );
  api.requests.length = 0;
  const byBytes = api.client({ batchBytesMax: 2000, requestsMax: 1 });
  const large = callOf("f", "x".repeat(900));
  await Promise.all(
    [large, large, large, callOf("f", "x".repeat(5000))].map((call) => byBytes.dispatch([call])),
  );
  assert.deepEqual(
    api.requests.map((r) => r.calls.length),
    [2, 1, 1],
  );
});

test("while requests are under way, calls gather for the next", async (t) => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  let arrived = () => {};
  const first = new Promise<void>((resolve) => (arrived = resolve));
  const api = await setupApi(t, async (request, index) => {
    if (index === 0) {
      arrived();
      await gate;
    }
    return accept(request);
  });
  const client = api.client({ requestsMax: 1 });
  const pending = [client.dispatch([callOf("a")])];
  await first;
  for (const name of ["b", "c", "d"]) {
    pending.push(client.dispatch([callOf(name)]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  release();
  assert.deepEqual((await Promise.all(pending)).flat(), ["id-a", "id-b", "id-c", "id-d"]);
  assert.deepEqual(
    api.requests.map((r) => r.calls.length),
    [1, 3],
  );
});

test("a linger lets calls of later turns join, and flush ends it", async (t) => {
  const api = await setupApi(t);
  const client = api.client({ lingerMs: 1000 });
  const a = client.dispatch([callOf("a")]);
  await new Promise((resolve) => setImmediate(resolve));
  const b = client.dispatch([callOf("b")]);
  await client.flush();
  assert.deepEqual(await Promise.all([a, b]), [["id-a"], ["id-b"]]);
  assert.equal(api.requests.length, 1);
});

for (const named of [true, false]) {
  test(`a refused call fails alone, with its own error, when the API ${named ? "names" : "does not name"} it`, async (t) => {
    const api = await setupApi(t, (request) => {
      const bad = request.calls.findIndex((call) => call.function.startsWith("bad"));
      if (bad < 0) return accept(request);
      const which = named ? `calls[${bad}].function` : "a call";
      return refuse(400, "invalid_argument", `${which}: ${request.calls[bad]?.function} is bad`);
    });
    const client = api.client();
    const names = ["a", "bad1", "b", "c", "bad2", "d", "e", "f"];
    const settled = await Promise.allSettled(names.map((name) => client.dispatch([callOf(name)])));
    for (const [i, name] of names.entries()) {
      const one = settled[i]!;
      if (one.status === "fulfilled") assert.deepEqual(one.value, [`id-${name}`]);
      else {
        assert.ok(one.reason instanceof ClientError);
        assert.equal(one.reason.code, "invalid_argument");
        assert.equal(one.reason.status, Status.INVALID_ARGUMENT);
        assert.match(one.reason.message, new RegExp(`${name} is bad`));
      }
      assert.equal(one.status, name.startsWith("bad") ? "rejected" : "fulfilled", name);
    }
    const accepted = api.requests.flatMap((r) =>
      r.calls.some((c) => c.function.startsWith("bad")) ? [] : r.calls,
    );
    assert.equal(accepted.length, 6, "no call is recorded twice");
  });
}

test("a batch of nothing but refused calls ends with an error for each, in a bounded number of requests", async (t) => {
  const api = await setupApi(t, ({ calls }) =>
    refuse(400, "invalid_argument", `calls[0]: no ${calls[0]?.function}`),
  );
  const client = api.client();
  const names = Array.from({ length: 200 }, (_, i) => `f${i}`);
  const settled = await Promise.allSettled(names.map((name) => client.dispatch([callOf(name)])));
  for (const [i, one] of settled.entries()) {
    assert.equal(one.status, "rejected");
    assert.match(String((one as PromiseRejectedResult).reason), new RegExp(`no f${i}$`));
  }
  assert.ok(api.requests.length <= 2 * names.length, String(api.requests.length));
});

test("calls given to one dispatch are refused together", async (t) => {
  const api = await setupApi(t, () => refuse(400, "invalid_argument", "calls[1].endpoint: missing"));
  await assert.rejects(api.client().dispatch([callOf("a"), callOf("b")]), /calls\[1\].endpoint: missing/);
  assert.equal(api.requests.length, 1);
});

test("a wrong key fails everything at once and says where the key came from", async (t) => {
  const api = await setupApi(t, () => refuse(401, "unauthenticated", "unknown key"));
  const client = api.client({ apiKey: "secret" });
  const settled = await Promise.allSettled(["a", "b"].map((name) => client.dispatch([callOf(name)])));
  for (const one of settled) {
    const { reason } = one as PromiseRejectedResult;
    assert.equal(reason.message, "[unauthenticated] invalid API key from the argument: unknown key");
    assert.equal(reason.status, Status.UNAUTHENTICATED);
  }
  assert.equal(api.requests.length, 1);
  t.after(() => delete process.env.DISPATCH_API_KEY);
  process.env.DISPATCH_API_KEY = "secret";
  const fromVariable = new Client({ apiUrl: api.url });
  t.after(() => fromVariable.close());
  await assert.rejects(
    fromVariable.dispatch([callOf("a")]),
    /from the DISPATCH_API_KEY environment variable: unknown/,
  );
});

test("a broken connection is tried again, with the same idempotency key and growing waits", async (t) => {
  const clock = virtualClock();
  const api = await setupApi(t, (request, index) => (index < 3 ? undefined : accept(request)));
  assert.deepEqual(await api.client({ clock }).dispatch([callOf("a")]), ["id-a"]);
  assert.deepEqual(clock.slept, [50, 100, 200]);
  assert.deepEqual(new Set(api.requests.map((r) => r.headers["idempotency-key"])), new Set(["key-0"]));
});

test("429, 502, 503 and 504 are tried again, and Retry-After comes before the backoff", async (t) => {
  const clock = virtualClock();
  const answers: Answer[] = [
    refuse(429, "resource_exhausted", "slow down", { "retry-after": "2" }),
    refuse(503, "unavailable", "starting"),
    { status: 502, headers: { "content-type": "text/html" }, body: "<html>bad gateway" },
    { status: 504, body: "" },
  ];
  const api = await setupApi(t, (request, index) => answers[index] ?? accept(request));
  assert.deepEqual(await api.client({ clock }).dispatch([callOf("a")]), ["id-a"]);
  assert.deepEqual(clock.slept, [2050, 100, 200, 400]);
});

test("what will not pass is not tried again", async (t) => {
  const table: [Answer, string, RegExp][] = [
    [refuse(400, "invalid_argument", "no"), "invalid_argument", /no$/],
    [refuse(403, "permission_denied", "no"), "permission_denied", /no$/],
    [refuse(500, "internal", "oops"), "internal", /oops$/],
    [{ status: 404, headers: { "content-type": "text/html" }, body: "<html>" }, "unimplemented", /HTTP 404$/],
    [{ status: 302, headers: { location: "https://elsewhere" }, body: "" }, "unknown", /HTTP 302$/],
    [
      { headers: { "content-type": "text/html" }, body: "<html>login" },
      "internal",
      /answered with text\/html/,
    ],
    [{ body: Uint8Array.of(0xff) }, "internal", /what is no DispatchResponse/],
    [{ body: "" }, "internal", /answered 1 calls with 0 ids/],
  ];
  for (const [answer, code, message] of table) {
    const api = await setupApi(t, () => answer);
    await assert.rejects(api.client().dispatch([callOf("a")]), (error: ClientError) => {
      assert.ok(error instanceof ClientError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(api.requests.length, 1, code);
  }
});

test("an API that stays away is given up on after timeoutMs, and the error says what was tried", async (t) => {
  const clock = virtualClock();
  const api = await setupApi(t, () => undefined);
  await assert.rejects(
    api.client({ clock, timeoutMs: 1000 }).dispatch([callOf("a")]),
    (error: ClientError) => {
      assert.equal(error.code, "unavailable");
      assert.match(
        error.message,
        /cannot reach the Dispatch API: .* \(gave up after 5 attempts in 750 ms\)$/,
      );
      assert.ok(error.cause instanceof Error);
      assert.equal(error.status, Status.TEMPORARY_ERROR);
      return true;
    },
  );
});

test("an attempt that gets no answer ends after attemptTimeoutMs", async (t) => {
  const api = await setupApi(t, (request, index) => (index === 0 ? new Promise(() => {}) : accept(request)));
  const client = api.client({ attemptTimeoutMs: 30, retryFirstDelayMs: 0, retryDelayMsMax: 0 });
  assert.deepEqual(await client.dispatch([callOf("a")]), ["id-a"]);
  assert.equal(api.requests[0]?.headers["connect-timeout-ms"], "30");
});

test("an aborted dispatch rejects at once with the reason, and its neighbours go on", async (t) => {
  const api = await setupApi(t);
  const client = api.client();
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = client.dispatch([callOf("a")], { signal: controller.signal });
  const other = client.dispatch([callOf("b")]);
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  await assert.rejects(client.dispatch([callOf("c")], { signal: AbortSignal.abort(reason) }), reason);
  assert.deepEqual(await other, ["id-b"]);
  assert.deepEqual(
    api.requests.flatMap((r) => r.calls.map((c) => c.function)),
    ["b"],
  );
});

test("retries end when nobody waits any more", async (t) => {
  const controller = new AbortController();
  const api = await setupApi(t, () => {
    controller.abort();
    return refuse(503, "unavailable", "starting");
  });
  const client = api.client({ clock: virtualClock() });
  await assert.rejects(client.dispatch([callOf("a")], { signal: controller.signal }), { name: "AbortError" });
  await client.flush();
  assert.equal(api.requests.length, 1);
});

test("connections are kept", async (t) => {
  const api = await setupApi(t);
  const client = api.client({ requestsMax: 1 });
  for (let i = 0; i < 5; i++) await client.dispatch([callOf("a")]);
  assert.equal(new Set(api.requests.map((r) => r.socket)).size, 1);
});

test("close sends what was dispatched, and refuses what comes after", async (t) => {
  const api = await setupApi(t);
  const client = api.client({ lingerMs: 1000 });
  const pending = client.dispatch([callOf("a")]);
  await client.close();
  assert.deepEqual(await pending, ["id-a"]);
  await assert.rejects(client.dispatch([callOf("b")]), /\[canceled\] the client is closed/);
  await client.close();
});

test("nothing to dispatch is no request", async (t) => {
  const api = await setupApi(t);
  assert.deepEqual(await api.client().dispatch([]), []);
  assert.equal(api.requests.length, 0);
});

test("calls beyond queuedBytesMax are refused before memory runs out", async (t) => {
  const api = await setupApi(t);
  const client = api.client({ queuedBytesMax: 1_000_000 });
  const calls = Array.from({ length: 3 }, () => client.dispatch([callOf("f", "x".repeat(400_000))]));
  const settled = await Promise.allSettled(calls);
  assert.deepEqual(
    settled.map((s) => s.status),
    ["fulfilled", "fulfilled", "rejected"],
  );
  assert.match(
    String((settled[2] as PromiseRejectedResult).reason),
    /\[resource_exhausted\] more than queuedBytesMax/,
  );
});

test("a call without an endpoint goes to a service on this machine, and to no other", async (t) => {
  const api = await setupApi(t);
  await api.client().dispatch([new Call({ function: "f" })]);
  assert.equal(api.requests[0]?.calls[0]?.endpoint, api.url);
  const remote = new Client({ apiUrl: "https://dispatch.example", apiKey: "k" });
  t.after(() => remote.close());
  await assert.rejects(
    remote.dispatch([new Call({ function: "f" })]),
    new ConfigurationError(
      "missing application endpoint: set it with the DISPATCH_ENDPOINT_URL environment variable",
    ),
  );
});

test("settings are checked when the client is made, and a key is never shown", (t) => {
  t.after(() => {
    delete process.env.DISPATCH_API_URL;
    setHostDefaults({});
  });
  const apiUrl = "https://dispatch.example";
  const missing = "missing API key: set it with the DISPATCH_API_KEY environment variable";
  throws(() => new Client({ apiUrl }), ConfigurationError, missing);
  throws(() => new Client({ apiUrl: "http://localhost:1", apiKey: "" }), ConfigurationError, missing);
  throws(
    () => new Client({ apiUrl, apiKey: "se cret\n" }),
    ConfigurationError,
    /^(?!.*cret).*no header can carry$/,
  );
  throws(
    () => new Client({ apiUrl: "nonsense", apiKey: "k" }),
    ConfigurationError,
    /API URL from the argument: nonsense/,
  );
  throws(
    () => new Client({ apiUrl: "ftp://h", apiKey: "k" }),
    ConfigurationError,
    /expected http:\/\/ or https/,
  );
  process.env.DISPATCH_API_URL = "bad";
  throws(
    () => new Client({ apiKey: "k" }),
    ConfigurationError,
    /from the DISPATCH_API_URL environment variable: bad/,
  );
  process.env.DISPATCH_API_URL = "";
  setHostDefaults({ apiUrl: "https://host.example/base" });
  throws(() => new Client(), ConfigurationError, missing);
  assert.equal(new Client({ apiKey: "k" }).apiUrl, "https://host.example/base/");
  setHostDefaults({});
  assert.equal(new Client().apiUrl, "http://localhost:8000/");
  throws(() => new Client({ lingerMs: -1 }), RangeError, /lingerMs of -1 is not a number from 0 to 1000/);
  throws(() => new Client({ timeoutMs: 10, attemptTimeoutMs: 20 }), RangeError, /attemptTimeoutMs of 20/);
  throws(() => new Client({ linger: 5 } as never), TypeError, /unknown client option "linger"/);
});

test("a batch is dispatched whole, is empty after success, and stays as it was after a failure", async (t) => {
  let broken = true;
  const api = await setupApi(t, (r) => (broken ? refuse(400, "invalid_argument", "no") : accept(r)));
  const registry = new Registry(t.name, { client: api.client(), endpoint: "http://functions" });
  t.after(() => registry.close());
  const greet = registry.function("greet", async (name: string) => name);
  const batch = registry.batch();
  assert.ok(batch instanceof Batch);
  assert.deepEqual(await batch.dispatch(), []);
  assert.equal(api.requests.length, 0);
  batch.add(greet, "a").add(greet, "b").addCall(callOf("other"));
  await assert.rejects(batch.dispatch(), /no$/);
  assert.equal(batch.size, 3);
  broken = false;
  const pending = batch.dispatch();
  batch.add(greet, "late");
  assert.deepEqual(await pending, ["id-greet", "id-greet", "id-other"]);
  assert.equal(batch.size, 1);
  batch.clear();
  assert.deepEqual(await batch.dispatch(), []);
});

function throws(body: () => unknown, type: new (m: string) => Error, message: string | RegExp): void {
  assert.throws(body, (error: Error) => {
    assert.ok(error instanceof type, String(error));
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}
