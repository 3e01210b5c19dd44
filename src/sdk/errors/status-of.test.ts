import assert from "node:assert/strict";
import { lookup, Resolver } from "node:dns/promises";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { request, fetch as undiciFetch } from "undici";
import { Status } from "../../wire/status.ts";
import {
  AnyException,
  DispatchError,
  dispatchErrorClasses,
  PermanentError,
  TemporaryError,
} from "./dispatch-error.ts";
import { registerErrorType, registerOutputType, statusOfError, statusOfOutput } from "./status-of.ts";

test("every named error has the status it is named after, and its own name", () => {
  for (const [status, Class] of dispatchErrorClasses) {
    const error = new Class("m", { cause: 1 });
    assert.equal(statusOfError(error), status);
    assert.equal(error.name, Class.name);
    assert.equal(error.cause, 1);
    assert.ok(error instanceof DispatchError);
    assert.deepEqual(Object.keys(error), []);
  }
});

test("an error that says nothing of itself is permanent, a wrong type or value an invalid argument", () => {
  assert.equal(statusOfError(new Error("x")), Status.PERMANENT_ERROR);
  assert.equal(statusOfError(new ReferenceError("x")), Status.PERMANENT_ERROR);
  for (const Class of [TypeError, RangeError, SyntaxError, URIError]) {
    assert.equal(statusOfError(new Class("x")), Status.INVALID_ARGUMENT);
  }
  assert.equal(statusOfError(grab(() => JSON.parse("{"))), Status.INVALID_ARGUMENT);
});

test("endless recursion is not blamed on the arguments", () => {
  const recurse = (): number => 1 + recurse();
  assert.equal(statusOfError(grab(recurse)), Status.PERMANENT_ERROR);
});

test("what is thrown and is no error is permanent", () => {
  for (const value of [undefined, null, 0, "x", Symbol("s"), 1n, () => 1, {}, [], Object.create(null)]) {
    assert.equal(statusOfError(value), Status.PERMANENT_ERROR);
  }
});

test("a refused connection is TCP_ERROR, from a socket, fetch and undici alike", async () => {
  const port = await closedPort();
  const socket = connect(port, "127.0.0.1");
  const [error] = await once(socket, "error").catch((error) => [error]);
  assert.equal(statusOfError(error), Status.TCP_ERROR);
  assert.equal(statusOfError(await failure(fetch(`http://127.0.0.1:${port}`))), Status.TCP_ERROR);
  assert.equal(statusOfError(await failure(request(`http://127.0.0.1:${port}`))), Status.TCP_ERROR);
  // Both addresses of localhost are tried; the failure is an AggregateError.
  assert.equal(statusOfError(await failure(fetch(`http://localhost:${port}`))), Status.TCP_ERROR);
});

test("a connection that the server cuts is TCP_ERROR", async (t) => {
  const server = createTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
  const url = await listen(t, server);
  assert.equal(statusOfError(await failure(fetch(url))), Status.TCP_ERROR);
});

test("an answer that is not HTTP is HTTP_ERROR", async (t) => {
  const server = createTcpServer((socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n\r\n")));
  const url = await listen(t, server);
  assert.equal(statusOfError(await failure(undiciFetch(url))), Status.HTTP_ERROR);
});

test("a name that cannot be resolved is DNS_ERROR", async () => {
  assert.equal(statusOfError(await failure(lookup("no-such-host.invalid"))), Status.DNS_ERROR);
  const resolver = new Resolver({ timeout: 50, tries: 1 });
  resolver.setServers([`127.0.0.1:${await closedPort()}`]);
  assert.equal(statusOfError(await failure(resolver.resolve4("x.invalid"))), Status.DNS_ERROR);
});

test("a failed handshake is TLS_ERROR and not a temporary error", async (t) => {
  const server = createTlsServer({}, () => {});
  server.on("tlsClientError", () => {});
  const url = await listen(t, server);
  assert.equal(statusOfError(await failure(fetch(url.replace("http:", "https:")))), Status.TLS_ERROR);
});

test("certificates that do not verify are TLS_ERROR", () => {
  for (const code of [
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERROR_IN_CERT_NOT_AFTER_FIELD",
    "ERR_SSL_WRONG_VERSION_NUMBER",
  ]) {
    assert.equal(statusOfError(new TypeError("fetch failed", { cause: { code } })), Status.TLS_ERROR, code);
  }
});

test("time that ran out is TIMEOUT, whoever measured it", async (t) => {
  const server = createServer(() => {});
  const url = await listen(t, server);
  assert.equal(statusOfError(await failure(fetch(url, { signal: AbortSignal.timeout(5) }))), Status.TIMEOUT);
  assert.equal(statusOfError(await failure(fetch(url, { signal: AbortSignal.abort() }))), Status.TIMEOUT);
  assert.equal(statusOfError(await failure(request(url, { headersTimeout: 5 }))), Status.TIMEOUT);
  assert.equal(statusOfError(Object.assign(new Error(), { code: "ETIMEDOUT", errno: -110 })), Status.TIMEOUT);
});

test("files: missing is NOT_FOUND, forbidden PERMISSION_DENIED, other trouble temporary", async () => {
  assert.equal(statusOfError(await failure(readFile("/no/such/file"))), Status.NOT_FOUND);
  assert.equal(statusOfError(await failure(writeFile("/", ""))), Status.TEMPORARY_ERROR);
  for (const code of ["EACCES", "EPERM"]) {
    assert.equal(statusOfError(Object.assign(new Error(), { code, errno: -13 })), Status.PERMISSION_DENIED);
  }
  for (const code of ["ENOSPC", "EMFILE", "EIO", "EADDRINUSE"]) {
    assert.equal(statusOfError(Object.assign(new Error(), { code, errno: -1 })), Status.TEMPORARY_ERROR);
  }
});

test("an E-code of a library of one's own is not taken for the system's", () => {
  assert.equal(statusOfError(Object.assign(new Error(), { code: "EWRONGCARD" })), Status.PERMANENT_ERROR);
});

test("the cause decides when the error itself says nothing, however deep, and a cycle ends", () => {
  const root = Object.assign(new Error("root"), { code: "ECONNRESET" });
  assert.equal(statusOfError(new Error("a", { cause: new Error("b", { cause: root }) })), Status.TCP_ERROR);
  const cycle = new Error("c");
  cycle.cause = new Error("d", { cause: cycle });
  assert.equal(statusOfError(cycle), Status.PERMANENT_ERROR);
});

test("a named error wins over its cause", () => {
  const cause = Object.assign(new Error("root"), { code: "ECONNRESET" });
  assert.equal(statusOfError(new PermanentError("give up", { cause })), Status.PERMANENT_ERROR);
  assert.equal(statusOfError(new TypeError("x", { cause })), Status.TCP_ERROR);
});

test("several failures are retried when one of them would be", () => {
  const any = new AnyException([new TypeError("x"), new PermanentError("y"), new TemporaryError("z")]);
  assert.equal(statusOfError(any), Status.TEMPORARY_ERROR);
  assert.equal(any.message, "3 coroutine(s) failed with an exception");
  assert.equal(statusOfError(new AnyException([new PermanentError("y")])), Status.PERMANENT_ERROR);
  assert.equal(statusOfError(new AggregateError([])), Status.PERMANENT_ERROR);
});

test("errors of HTTP clients are told by their shape", () => {
  class APIConnectionTimeoutError extends Error {}
  class APIConnectionError extends Error {}
  const with_ = (fields: object) => Object.assign(new Error("x"), fields);
  const table: [string, unknown, Status][] = [
    ["axios 503", with_({ isAxiosError: true, code: "ERR_BAD_RESPONSE", response: { status: 503 } }), 6],
    ["axios 429", with_({ isAxiosError: true, code: "ERR_BAD_REQUEST", response: { status: 429 } }), 3],
    ["axios timeout", with_({ isAxiosError: true, code: "ECONNABORTED" }), 2],
    ["axios refused", with_({ isAxiosError: true, code: "ECONNREFUSED" }), 10],
    ["axios parse failure of a 200", with_({ isAxiosError: true, response: { status: 200 } }), 7],
    ["got 404", with_({ code: "ERR_NON_2XX_3XX_RESPONSE", response: { statusCode: 404 } }), 15],
    ["got timeout", Object.assign(new Error(), { name: "TimeoutError", code: "ETIMEDOUT" }), 2],
    ["openai 401", with_({ status: 401, headers: {} }), 13],
    ["openai timeout", new APIConnectionTimeoutError("Request timed out."), 2],
    ["openai connection", new APIConnectionError("Connection error."), 10],
    ["openai DNS", new APIConnectionError("x", { cause: with_({ code: "ENOTFOUND" }) }), 9],
    ["slack limited", with_({ code: "slack_webapi_rate_limited_error", retryAfter: 3 }), 3],
    ["slack token", with_({ code: "slack_webapi_platform_error", data: { error: "invalid_auth" } }), 13],
    ["slack refusal", with_({ code: "slack_webapi_platform_error", data: { error: "is_archived" } }), 7],
    ["slack 500", with_({ code: "slack_webapi_http_error", statusCode: 500 }), 6],
    ["slack request", with_({ code: "slack_webapi_request_error", original: with_({ code: "EPIPE" }) }), 10],
    ["aws", with_({ $metadata: { httpStatusCode: 403 } }), 14],
  ];
  for (const [name, error, status] of table) assert.equal(statusOfError(error), status, name);
});

test("a registered error type decides for its class and its subclasses", () => {
  class Busy extends Error {}
  class VeryBusy extends Busy {}
  registerErrorType(Busy, Status.THROTTLED);
  assert.equal(statusOfError(new VeryBusy()), Status.THROTTLED);
  assert.equal(statusOfError(new Error("x", { cause: new Busy() })), Status.THROTTLED);
  registerErrorType(VeryBusy, (error) => (error.message === "now" ? Status.TEMPORARY_ERROR : undefined));
  assert.equal(statusOfError(new VeryBusy("now")), Status.TEMPORARY_ERROR);
  assert.equal(statusOfError(new VeryBusy("later")), Status.THROTTLED);
});

test("a handler that throws has no say", () => {
  class Odd extends TypeError {}
  registerErrorType(Odd, () => {
    throw new Error("in the handler");
  });
  assert.equal(statusOfError(new Odd()), Status.INVALID_ARGUMENT);
});

test("an output is OK unless it is an HTTP response or of a registered type", () => {
  class Verdict {
    good = false;
  }
  assert.equal(statusOfOutput(new Verdict()), Status.OK);
  registerOutputType(Verdict, (v) => (v.good ? Status.OK : Status.TEMPORARY_ERROR));
  assert.equal(statusOfOutput(new Verdict()), Status.TEMPORARY_ERROR);
  assert.equal(statusOfOutput(new Response(null, { status: 429 })), Status.THROTTLED);
  assert.equal(statusOfOutput(new Response("x")), Status.OK);
  for (const value of [undefined, null, 5, "x", { status: 500 }])
    assert.equal(statusOfOutput(value), Status.OK);
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail("succeeded"),
    (error) => error,
  );
}

function grab(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return assert.fail("did not throw");
}

async function listen(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    if ("closeAllConnections" in server) (server as HttpServer).closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
