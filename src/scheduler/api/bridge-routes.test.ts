import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Status } from "../../wire/status.ts";
import { KEY, setup as setupApi } from "./api.test-support.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 2\r\n\r\n\x08\x01";

async function setup(t: TestContext) {
  const { app, bridge } = await setupApi(t);
  const url = `${await app.listen({ port: 0, host: "127.0.0.1" })}/sessions/s`;
  const session = async (
    method: "GET" | "POST" | "DELETE",
    headers: Record<string, string> = {},
    body?: string,
    signal?: AbortSignal,
  ) => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${KEY}`, ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body, "latin1") }),
      ...(signal === undefined ? {} : { signal }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const run = () =>
    bridge.run({
      session: "s",
      request: Buffer.from("run request"),
      trace: null,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
    });
  return { bridge, session, run };
}

test("a run travels through a session as the existing command line expects it", async (t) => {
  const { session, run } = await setup(t);
  const outcome = run();
  const fetched = await session("GET", { "request-timeout": "30" });
  assert.equal(fetched.status, 200);
  assert.equal(fetched.headers.get("x-request-id"), "request-1");
  assert.match(
    fetched.text,
    /^POST \/dispatch\.sdk\.v1\.FunctionService\/Run HTTP\/1\.1\r\nHost: s\r\n.*\r\n\r\nrun request$/s,
  );
  const handedIn = await session("POST", { "x-request-id": "request-1" }, OK);
  assert.equal(handedIn.status, 202);
  assert.deepEqual(await outcome, { kind: "response", response: Buffer.of(8, 1) });
});

test("a poll that finds nothing in its time is answered with 504", async (t) => {
  const { session } = await setup(t);
  const response = await session("GET", { "request-timeout": "0.02" });
  assert.equal(response.status, 504);
  assert.equal(JSON.parse(response.text).code, "deadline_exceeded");
});

test("a response that nobody awaits is 404, one without an id 400", async (t) => {
  const { session, run } = await setup(t);
  assert.equal((await session("POST", { "x-request-id": "request-1" }, OK)).status, 404);
  assert.equal((await session("POST", {}, OK)).status, 400);
  const outcome = run();
  await session("GET");
  assert.equal((await session("POST", { "x-request-id": "request-1" }, OK)).status, 202);
  assert.equal((await session("POST", { "x-request-id": "request-1" }, OK)).status, 404);
  await outcome;
});

test("DELETE gives up one run, or the session; 404 when there is none", async (t) => {
  const { session, run } = await setup(t);
  const outcomes = [run(), run()];
  assert.equal((await session("DELETE", { "x-request-id": "request-2" })).status, 200);
  assert.equal((await session("DELETE")).status, 200);
  for (const outcome of outcomes) {
    const { kind, ...failure } = await outcome;
    assert.equal(kind, "failure");
    assert.equal((failure as { status?: Status }).status, Status.TCP_ERROR);
  }
  assert.equal((await session("DELETE")).status, 404);
});

test("a poll that was hung up takes no run", async (t) => {
  const { bridge, session, run } = await setup(t);
  const leaving = new AbortController();
  const polling = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const fetchRun = bridge.fetch.bind(bridge);
  bridge.fetch = (id, signal) => {
    signal.addEventListener("abort", () => left.resolve(), { once: true });
    polling.resolve();
    return fetchRun(id, signal);
  };
  const poll = session("GET", {}, undefined, leaving.signal);
  await polling.promise;
  leaving.abort();
  await assert.rejects(poll);
  await left.promise;
  const outcome = run();
  assert.equal((await session("GET")).headers.get("x-request-id"), "request-1");
  bridge.drop("s", undefined);
  await outcome;
});
