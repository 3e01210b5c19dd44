import assert from "node:assert/strict";
import { test } from "node:test";
import { isRetried, isRetriedFromInput, Status, statusName, statusOfHttp, statusOfName } from "./status.ts";

const NAMES = [
  "UNSPECIFIED",
  "OK",
  "TIMEOUT",
  "THROTTLED",
  "INVALID_ARGUMENT",
  "INVALID_RESPONSE",
  "TEMPORARY_ERROR",
  "PERMANENT_ERROR",
  "INCOMPATIBLE_STATE",
  "DNS_ERROR",
  "TCP_ERROR",
  "TLS_ERROR",
  "HTTP_ERROR",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "NOT_FOUND",
] as const;

test("names and numbers are those of the protocol, both ways", () => {
  for (const [number, name] of NAMES.entries()) {
    assert.equal(statusName(number), name);
    assert.equal(statusOfName(name), number);
    assert.equal(statusOfName(`STATUS_${name}`), number);
  }
});

test("a number or a name that is unknown has no status of its own", () => {
  for (const number of [16, -1, 1.5, Number.NaN]) assert.equal(statusName(number), "UNSPECIFIED");
  for (const name of ["", "ok", "constructor", "1", "STATUS_"]) assert.equal(statusOfName(name), undefined);
});

test("exactly the transient failures are retried", () => {
  const retried = NAMES.filter((_, number) => isRetried(number));
  assert.deepEqual(retried, [
    "TIMEOUT",
    "THROTTLED",
    "TEMPORARY_ERROR",
    "INCOMPATIBLE_STATE",
    "DNS_ERROR",
    "TCP_ERROR",
    "TLS_ERROR",
    "HTTP_ERROR",
  ]);
  assert.equal(isRetried(99), false);
});

test("only an incompatible state starts again from the first input", () => {
  assert.deepEqual(
    NAMES.filter((_, number) => isRetriedFromInput(number)),
    ["INCOMPATIBLE_STATE"],
  );
});

test("every HTTP status has the status of the protocol's table", () => {
  const own: Record<number, Status> = {
    400: Status.INVALID_ARGUMENT,
    401: Status.UNAUTHENTICATED,
    403: Status.PERMISSION_DENIED,
    404: Status.NOT_FOUND,
    408: Status.TIMEOUT,
    429: Status.THROTTLED,
    501: Status.PERMANENT_ERROR,
  };
  const byClass = [Status.PERMANENT_ERROR, Status.OK, Status.PERMANENT_ERROR, Status.PERMANENT_ERROR];
  for (let http = 100; http < 600; http++) {
    const expected = own[http] ?? byClass[Math.floor(http / 100) - 1] ?? Status.TEMPORARY_ERROR;
    assert.equal(statusOfHttp(http), expected, `HTTP ${http}`);
  }
  for (const none of [0, -1, 99, 600, Number.NaN]) assert.equal(statusOfHttp(none), Status.PERMANENT_ERROR);
});
