import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "./connect-error.ts";
import { CallOptionsSchema } from "./gen/dispatch/sdk/node/v1/options_pb.js";
import { call, callResult, durationOf, poll, runResponse } from "./hot-path/index.ts";
import { Status } from "./status.ts";
import {
  assertValid,
  FUNCTION_LENGTH_MAX,
  reasonOfEndpoint,
  reasonOfFunctionName,
  type Violation,
  violationInCall,
  violationInDispatchRequest,
  violationInPoll,
  violationInRunRequest,
  violationInRunResponse,
} from "./validate.ts";

const head = { function: "f", dispatchId: "", hasInput: true, hasPollResult: false };
const validCall = call({ function: "f", endpoint: "http://localhost:8000" });
const validPoll = poll({ maxWait: durationOf(1_000), minResults: 1, maxResults: 10 });

test("a run request names a function and has exactly one directive", () => {
  assert.equal(violationInRunRequest(head), undefined);
  assert.equal(violationInRunRequest({ ...head, hasInput: false, hasPollResult: true }), undefined);
  const wrong: [Partial<typeof head>, string][] = [
    [{ function: "" }, "function"],
    [{ function: "f".repeat(FUNCTION_LENGTH_MAX + 1) }, "function"],
    [{ hasInput: false }, "directive"],
    [{ hasPollResult: true }, "directive"],
  ];
  for (const [fields, field] of wrong) {
    assert.equal(violationInRunRequest({ ...head, ...fields })?.field, field);
  }
});

test("a violation becomes invalid_argument with field and reason", () => {
  assert.doesNotThrow(() => assertValid(undefined));
  try {
    assertValid(violationInRunRequest({ ...head, function: "" }));
    assert.fail("must throw");
  } catch (error) {
    assert.equal(ConnectError.from(error).message, "[invalid_argument] function is required");
  }
});

test("function names follow the protocol's pattern and have a bounded length", () => {
  for (const name of [
    "f",
    "_",
    "mod.Class.method",
    "outer.<locals>.inner",
    "f2",
    "f".repeat(FUNCTION_LENGTH_MAX),
  ]) {
    assert.equal(reasonOfFunctionName(name), undefined, name);
  }
  for (const name of [
    "",
    "2f",
    ".f",
    "<f>",
    "a-b",
    "a b",
    `a"b`,
    "a\n",
    "ä",
    "f".repeat(FUNCTION_LENGTH_MAX + 1),
  ]) {
    assert.notEqual(reasonOfFunctionName(name), undefined, name);
  }
});

test("endpoints are http, https or bridge URLs with a host, or Lambda ARNs", () => {
  const valid = [
    "http://localhost:8000",
    "https://example.com/path?x=1",
    "bridge://session",
    "arn:aws:lambda:us-east-1:123456789012:function:name",
    "arn:aws:lambda:us-east-1:123456789012:function:name:$LATEST",
    "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:name:2",
  ];
  for (const endpoint of valid) assert.equal(reasonOfEndpoint(endpoint), undefined, endpoint);
  const invalid: [string, RegExp][] = [
    ["", /required/],
    ["localhost:8000", /not a URL/],
    ["example.com", /not a URL/],
    ["http:example.com", /not a URL/],
    ["ftp://example.com", /scheme ftp/],
    ["file:///etc/passwd", /scheme file/],
    ["javascript://example.com/%0aalert(1)", /scheme javascript/],
    ["bridge://", /no host/],
    ["http://", /not a URL/],
    ["arn:aws:s3:::bucket", /Lambda/],
    [`http://${"a".repeat(3_000)}.com`, /longer/],
  ];
  for (const [endpoint, reason] of invalid) assert.match(reasonOfEndpoint(endpoint) ?? "", reason, endpoint);
});

test("a bad call in a batch is named by its index, and an empty batch is fine", () => {
  assert.equal(violationInDispatchRequest({ calls: [] }), undefined);
  assert.equal(violationInDispatchRequest({ calls: [validCall, validCall] }), undefined);
  const cases: [Partial<typeof validCall>, Violation][] = [
    [{ endpoint: "" }, { index: 1, field: "calls[1].endpoint", reason: "is required" }],
    [{ function: "" }, { index: 1, field: "calls[1].function", reason: "is required" }],
    [{ expiration: durationOf(-1) }, { index: 1, field: "calls[1].expiration", reason: "is negative" }],
    [
      { expiration: { seconds: 1, nanos: 1e9 } },
      { index: 1, field: "calls[1].expiration", reason: "is out of range" },
    ],
  ];
  for (const [fields, violation] of cases) {
    assert.deepEqual(
      violationInDispatchRequest({ calls: [validCall, { ...validCall, ...fields }] }),
      violation,
    );
  }
  assert.equal(
    violationInDispatchRequest({ calls: [{ ...validCall, expiration: durationOf(0) }] }),
    undefined,
  );
});

test("options of a call are within their bounds", () => {
  const check = (options: MessageInitShape<typeof CallOptionsSchema>) =>
    violationInCall({ ...validCall, options: create(CallOptionsSchema, options) }, { endpoint: "required" });
  const day = { seconds: 86_400n, nanos: 0 };
  assert.equal(check({}), undefined);
  const retry = { attemptsMax: 1, firstDelay: day, factor: 1, delayMax: day };
  assert.equal(check({ delay: day, idempotencyKey: "k", priority: -100, retry }), undefined);
  const negative = { seconds: -1n, nanos: 0 };
  const wrong: [Parameters<typeof check>[0], string][] = [
    [{ delay: negative }, "options.delay"],
    [{ delay: { seconds: 2n ** 62n } }, "options.delay"],
    [{ idempotencyKey: "k".repeat(1_025) }, "options.idempotency_key"],
    [{ priority: 101 }, "options.priority"],
    [{ priority: -101 }, "options.priority"],
    [{ retry: { attemptsMax: 0 } }, "options.retry.attempts_max"],
    [{ retry: { factor: 0.5 } }, "options.retry.factor"],
    [{ retry: { factor: Number.NaN } }, "options.retry.factor"],
    [{ retry: { factor: Number.POSITIVE_INFINITY } }, "options.retry.factor"],
    [{ retry: { firstDelay: negative } }, "options.retry.first_delay"],
    [{ retry: { delayMax: negative } }, "options.retry.delay_max"],
  ];
  for (const [options, field] of wrong) assert.equal(check(options)?.field, field);
});

test("a poll waits at least a second for 1 to 1000 results", () => {
  assert.equal(violationInPoll(validPoll), undefined);
  const wrong: [Partial<typeof validPoll>, string][] = [
    [{ maxWait: undefined }, "poll.max_wait is required"],
    [{ maxWait: durationOf(999) }, "poll.max_wait is shorter than 1 s"],
    [{ maxWait: durationOf(-5_000) }, "poll.max_wait is negative"],
    [{ maxWait: { seconds: 315_576_000_001, nanos: 0 } }, "poll.max_wait is out of range"],
    [{ minResults: 0 }, "poll.min_results is 0, which is not between 1 and 1000"],
    [{ minResults: 1_001 }, "poll.min_results is 1001, which is not between 1 and 1000"],
    [{ maxResults: -1 }, "poll.max_results is -1, which is not between 1 and 1000"],
    [{ maxResults: 1_001 }, "poll.max_results is 1001, which is not between 1 and 1000"],
  ];
  for (const [fields, text] of wrong) {
    const violation = violationInPoll({ ...validPoll, ...fields });
    assert.equal(`${violation?.field} ${violation?.reason}`, text);
  }
});

test("calls of a poll may leave the endpoint out, but not share a correlation id", () => {
  const calls = [1n, 2n].map((correlationId) => call({ function: "f", correlationId }));
  assert.equal(violationInPoll({ ...validPoll, calls }), undefined);
  assert.deepEqual(violationInPoll({ ...validPoll, calls: [...calls, calls[0]!] }), {
    index: 2,
    field: "poll.calls[2].correlation_id",
    reason: "is that of an earlier call",
  });
  const foreign = { ...calls[0]!, endpoint: "ftp://x" };
  assert.equal(violationInPoll({ ...validPoll, calls: [foreign] })?.field, "poll.calls[0].endpoint");
});

test("a run response that is OK has a directive, and one that failed may go without", () => {
  const exit = { result: callResult(), tailCall: undefined };
  const tailCall = call({ function: "f" });
  const valid = [
    runResponse({ status: Status.OK, exit }),
    runResponse({ status: Status.OK, exit: { result: undefined, tailCall } }),
    runResponse({ status: Status.OK, poll: validPoll }),
    runResponse({ status: Status.TEMPORARY_ERROR }),
    runResponse({ status: Status.PERMANENT_ERROR, exit }),
    runResponse({ status: 99 }),
  ];
  for (const response of valid) assert.equal(violationInRunResponse(response), undefined);
  const wrong: [Parameters<typeof runResponse>[0], string][] = [
    [{ exit }, "status"],
    [{ status: Status.OK }, "directive"],
    [{ status: Status.OK, exit: { result: undefined, tailCall: undefined } }, "exit.result"],
    [{ status: Status.OK, exit: { result: undefined, tailCall: call() } }, "exit.tail_call.function"],
    [{ status: Status.OK, poll: poll() }, "poll.max_wait"],
    [{ status: Status.TIMEOUT, poll: validPoll }, "poll"],
  ];
  for (const [fields, field] of wrong)
    assert.equal(violationInRunResponse(runResponse(fields))?.field, field);
});
