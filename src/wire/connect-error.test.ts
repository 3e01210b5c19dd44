import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConnectError, httpStatusOfCode, isConnectCode, MESSAGE_LENGTH_MAX } from "./connect-error.ts";
import { codeOfHttpStatus, connectErrorOfResponse, parseRetryAfter } from "./connect-error-response.ts";

const STATUS_OF_CODE = {
  canceled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
} as const;

const NOW_MS = Date.UTC(2026, 0, 1);
const utf8 = (text: string) => new TextEncoder().encode(text);

test("every code is known and has the HTTP status of the Connect protocol", () => {
  for (const [code, httpStatus] of Object.entries(STATUS_OF_CODE)) {
    assert.ok(isConnectCode(code));
    assert.equal(httpStatusOfCode(code), httpStatus);
    assert.equal(new ConnectError(code, "x").httpStatus, httpStatus);
  }
  for (const other of ["", "OK", "toString", 3, null, undefined]) assert.equal(isConnectCode(other), false);
});

test("the message starts with the code and the body carries it without", () => {
  const error = new ConnectError("not_found", "function 'x' does not exist");
  assert.equal(error.message, "[not_found] function 'x' does not exist");
  assert.equal(error.toBody(), `{"code":"not_found","message":"function 'x' does not exist"}`);
  assert.equal("cause" in error, false);
});

test("any message makes a JSON body that reads back", () => {
  const check = (message: string) => {
    const body = JSON.parse(new ConnectError("internal", message).toBody());
    assert.deepEqual(body, { code: "internal", message });
  };
  check(`a "quoted" \\ name \n\u0000\u2028 \ud800`);
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check), { seed: 1 });
});

test("a message of 10 kB is cut", () => {
  const error = new ConnectError("not_found", "n".repeat(10_000));
  assert.equal(error.rawMessage.length, MESSAGE_LENGTH_MAX);
  assert.ok(error.rawMessage.endsWith("n…"));
});

test("a thrown value of any kind becomes a ConnectError that keeps it as its cause", () => {
  const hostile = new Proxy(new Error("x"), {
    get() {
      throw new Error("trap");
    },
    has() {
      throw new Error("trap");
    },
    getPrototypeOf() {
      throw new Error("trap");
    },
  });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  for (const thrown of [
    undefined,
    null,
    0,
    "text",
    Symbol("s"),
    {},
    Object.create(null),
    new Error("secret"),
  ]) {
    const error = ConnectError.from(thrown);
    assert.equal(error.code, "internal");
    assert.equal(error.rawMessage, "internal error");
    assert.equal(error.cause, thrown);
  }
  for (const thrown of [hostile, revoked.proxy]) assert.equal(ConnectError.from(thrown).code, "internal");
});

test("a ConnectError stays itself, and errors that know their code keep code and message", () => {
  const own = new ConnectError("aborted", "x");
  assert.equal(ConnectError.from(own), own);
  const coded = Object.assign(new Error("missing signature"), { connectCode: "permission_denied" });
  assert.equal(ConnectError.from(coded).message, "[permission_denied] missing signature");
  assert.equal(
    ConnectError.from(Object.assign(new Error("x"), { connectCode: "nonsense" })).code,
    "internal",
  );
});

test("an abort is canceled and a timeout is deadline_exceeded", () => {
  assert.equal(ConnectError.from(new DOMException("x", "AbortError")).code, "canceled");
  assert.equal(ConnectError.from(new DOMException("x", "TimeoutError")).code, "deadline_exceeded");
});

test("a Connect body gives code and message, whatever the HTTP status", () => {
  const error = connectErrorOfResponse(
    {
      httpStatus: 500,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: utf8(`{"code":"resource_exhausted","message":"queue is full","details":[]}`),
    },
    NOW_MS,
  );
  assert.equal(error.message, "[resource_exhausted] queue is full");
  assert.equal(error.retryAfterMs, undefined);
});

test("a body that is not Connect's falls back to the HTTP status and the beginning of its text", () => {
  const cases: [type: string | undefined, body: string, message: string][] = [
    ["text/plain", "bad\r\n\u0007gateway", "HTTP 502: bad gateway"],
    ["text/html", "<html>…", "HTTP 502"],
    [undefined, "", "HTTP 502"],
    ["application/json", "", "HTTP 502"],
    ["application/json", `"just text"`, `HTTP 502: "just text"`],
    ["application/json", `{"code":"nonsense","message":7}`, `HTTP 502: {"code":"nonsense","message":7}`],
    ["application/json", `{"code":"nonsense","message":"m"}`, "m"],
  ];
  for (const [type, body, message] of cases) {
    const headers = type === undefined ? {} : { "content-type": type };
    const error = connectErrorOfResponse({ httpStatus: 502, headers, body: utf8(body) }, NOW_MS);
    assert.equal(error.code, "unavailable");
    assert.equal(error.rawMessage, message);
  }
});

test("HTTP statuses without a Connect body have the code of the protocol's table", () => {
  const table = { 400: "internal", 401: "unauthenticated", 403: "permission_denied", 404: "unimplemented" };
  for (const [status, code] of Object.entries(table)) assert.equal(codeOfHttpStatus(Number(status)), code);
  for (const status of [429, 502, 503, 504]) assert.equal(codeOfHttpStatus(status), "unavailable");
  for (const status of [0, 302, 418, 500, 599]) assert.equal(codeOfHttpStatus(status), "unknown");
});

test("Retry-After is read as seconds or as a date, bounded, and ignored when unreadable", () => {
  assert.equal(parseRetryAfter("2", NOW_MS), 2_000);
  assert.equal(parseRetryAfter(" 0 ", NOW_MS), 0);
  assert.equal(parseRetryAfter("Thu, 01 Jan 2026 00:00:05 GMT", NOW_MS), 5_000);
  assert.equal(parseRetryAfter("Thu, 01 Jan 2015 00:00:05 GMT", NOW_MS), 0);
  assert.equal(parseRetryAfter("9999999", NOW_MS), 3_600_000);
  for (const bad of [undefined, "", "soon", "soon 1", "-5", "Thu, GMT", "99999999999999"])
    assert.equal(parseRetryAfter(bad, NOW_MS), undefined);
  const headers = { "retry-after": ["3", "4"] };
  const error = connectErrorOfResponse({ httpStatus: 429, headers, body: new Uint8Array() }, NOW_MS);
  assert.equal(error.retryAfterMs, 3_000);
});

test("any response at all gives an error", () => {
  const response = fc.record({
    httpStatus: fc.integer(),
    headers: fc.dictionary(fc.constantFrom("content-type", "retry-after"), fc.string(), {
      noNullPrototype: true,
    }),
    body: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(response, (r) => connectErrorOfResponse(r, NOW_MS) instanceof ConnectError),
    { seed: 2 },
  );
});
