/**
 * Border validation: what the protocol asks of a well-formed message beyond its wire format. Everything here finds
 * the first violation or nothing, and changes nothing.
 */
import type { Duration } from "@bufbuild/protobuf/wkt";
import type { CallOptions, RetryOptions } from "./gen/dispatch/sdk/node/v1/options_pb.js";
import type {
  AnySource,
  Call,
  DispatchRequest,
  Poll,
  RunRequestHead,
  RunResponse,
  Time,
} from "./hot-path/index.ts";
import { Status } from "./status.ts";

export interface Violation {
  /** Position of the offending call in a DispatchRequest or Poll; absent when it is no call. */
  readonly index?: number;
  /** Name of the field as in the `.proto` files, with its path, e.g. `poll.max_wait` or `calls[3].function`. */
  readonly field: string;
  /** What is wrong, to be read after the field: `is required`. */
  readonly reason: string;
}

/** A violation as an error; `message` is `<field> <reason>`. Answered as invalid_argument at the border. */
export class ValidationError extends Error {
  override readonly name = "ValidationError";
  readonly connectCode = "invalid_argument";
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(`${violation.field} ${violation.reason}`);
    this.violation = violation;
  }
}

/** @throws {ValidationError} when there is a violation */
export function assertValid(violation: Violation | undefined): void {
  if (violation !== undefined) throw new ValidationError(violation);
}

/**
 * A RunRequest by its head: a function, a length that can be one, exactly one directive. Whether the name could be a
 * function's is left to the lookup, which answers not_found.
 */
export function violationInRunRequest(head: Omit<RunRequestHead, "trace">): Violation | undefined {
  if (head.function === "") return { field: "function", reason: "is required" };
  if (head.function.length > FUNCTION_LENGTH_MAX) return { field: "function", reason: FUNCTION_TOO_LONG };
  if (head.hasInput && head.hasPollResult) {
    return { field: "directive", reason: "holds both input and poll_result, where a run has one" };
  }
  if (!head.hasInput && !head.hasPollResult) {
    return { field: "directive", reason: "is required: either input or poll_result" };
  }
  return undefined;
}

/** Every call names its function and an endpoint. An empty batch is valid. */
export function violationInDispatchRequest(request: DispatchRequest<AnySource>): Violation | undefined {
  for (const [index, call] of request.calls.entries()) {
    const violation = violationInCall(call, { endpoint: "required" });
    if (violation !== undefined) return inCall(violation, "calls", index);
  }
  return undefined;
}

/**
 * What an endpoint answered. A run that failed may leave the directive out; one that is OK may not. Statuses this
 * version does not know count as failures.
 */
export function violationInRunResponse(response: RunResponse<AnySource>): Violation | undefined {
  const { status, exit, poll } = response;
  if (status === Status.UNSPECIFIED) return { field: "status", reason: "is required" };
  if (poll !== undefined) {
    if (status !== Status.OK) return { field: "poll", reason: "needs the status OK" };
    return violationInPoll(poll);
  }
  if (exit === undefined) {
    return status === Status.OK
      ? { field: "directive", reason: "is required: either exit or poll" }
      : undefined;
  }
  if (exit.tailCall !== undefined) {
    const violation = violationInCall(exit.tailCall, { endpoint: "optional" });
    return violation && { ...violation, field: `exit.tail_call.${violation.field}` };
  }
  return exit.result === undefined ? { field: "exit.result", reason: "is required" } : undefined;
}

/** Limits and calls of a poll; no two of its calls have the same correlation id. */
export function violationInPoll(poll: Poll<AnySource>): Violation | undefined {
  const { maxWait, minResults, maxResults, calls } = poll;
  if (maxWait === undefined) return { field: "poll.max_wait", reason: "is required" };
  const wait = reasonOfDuration(maxWait) ?? (maxWait.seconds < 1 ? "is shorter than 1 s" : undefined);
  if (wait !== undefined) return { field: "poll.max_wait", reason: wait };
  if (!isResultCount(minResults)) return { field: "poll.min_results", reason: outOfRange(minResults) };
  if (!isResultCount(maxResults)) return { field: "poll.max_results", reason: outOfRange(maxResults) };
  const ids = new Set<bigint>();
  for (const [index, call] of calls.entries()) {
    const violation = violationInCall(call, { endpoint: "optional" });
    if (violation !== undefined) return inCall(violation, "poll.calls", index);
    if (ids.has(call.correlationId)) {
      return inCall({ field: "correlation_id", reason: "is that of an earlier call" }, "poll.calls", index);
    }
    ids.add(call.correlationId);
  }
  return undefined;
}

/** One call; in a poll and in a tail call an empty endpoint means the caller's own. */
export function violationInCall(
  call: Call<AnySource>,
  rules: { endpoint: "required" | "optional" },
): Violation | undefined {
  const name = reasonOfFunctionName(call.function);
  if (name !== undefined) return { field: "function", reason: name };
  if (call.endpoint !== "" || rules.endpoint === "required") {
    const endpoint = reasonOfEndpoint(call.endpoint);
    if (endpoint !== undefined) return { field: "endpoint", reason: endpoint };
  }
  if (call.expiration !== undefined) {
    const duration = reasonOfDuration(call.expiration);
    if (duration !== undefined) return { field: "expiration", reason: duration };
  }
  return call.options && violationInOptions(call.options);
}

function violationInOptions({ delay, idempotencyKey, priority, retry }: CallOptions): Violation | undefined {
  const late = delay && reasonOfDuration(timeOf(delay));
  if (late !== undefined) return { field: "options.delay", reason: late };
  if (idempotencyKey.length > IDEMPOTENCY_KEY_LENGTH_MAX) {
    return {
      field: "options.idempotency_key",
      reason: `is longer than ${IDEMPOTENCY_KEY_LENGTH_MAX} characters`,
    };
  }
  if (priority !== undefined && Math.abs(priority) > 100) {
    return { field: "options.priority", reason: `is ${priority}, which is not between -100 and 100` };
  }
  return retry && violationInRetry(retry);
}

function violationInRetry({
  attemptsMax,
  firstDelay,
  factor,
  delayMax,
}: RetryOptions): Violation | undefined {
  if (attemptsMax === 0)
    return { field: "options.retry.attempts_max", reason: "is 0, where 1 means no retry" };
  if (factor !== undefined && !(factor >= 1 && factor < Number.POSITIVE_INFINITY)) {
    return { field: "options.retry.factor", reason: `is ${factor}, which is not 1 or more` };
  }
  const first = firstDelay && reasonOfDuration(timeOf(firstDelay));
  if (first !== undefined) return { field: "options.retry.first_delay", reason: first };
  const last = delayMax && reasonOfDuration(timeOf(delayMax));
  return last === undefined ? undefined : { field: "options.retry.delay_max", reason: last };
}

/** Longest idempotency key, in characters: keys are indexed. */
const IDEMPOTENCY_KEY_LENGTH_MAX = 1_024;

function timeOf({ seconds, nanos }: Duration): Time {
  return { seconds: Number(seconds), nanos };
}

/** Longest function name, in characters. Qualified names of nested Python functions reach a few hundred. */
export const FUNCTION_LENGTH_MAX = 1_024;
const FUNCTION_TOO_LONG = `is longer than ${FUNCTION_LENGTH_MAX} characters`;
const FUNCTION_PATTERN = /^[a-zA-Z_][a-zA-Z0-9_<>.]*$/;

/** Why a name cannot be a function's, or undefined when it can. */
export function reasonOfFunctionName(name: string): string | undefined {
  if (name === "") return "is required";
  if (name.length > FUNCTION_LENGTH_MAX) return FUNCTION_TOO_LONG;
  return FUNCTION_PATTERN.test(name) ? undefined : `must match ${FUNCTION_PATTERN.source}`;
}

const ENDPOINT_LENGTH_MAX = 2_048;
const LAMBDA_ARN = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/;

/** Why an endpoint is none: not an http, https or bridge URL with a host, nor the ARN of a Lambda function. */
export function reasonOfEndpoint(endpoint: string): string | undefined {
  if (endpoint === lastGoodEndpoint) return undefined;
  const reason = endpointReason(endpoint);
  if (reason === undefined) lastGoodEndpoint = endpoint;
  return reason;
}

/** The calls of a batch nearly always name one endpoint, and parsing its URL costs more than reading the call. */
let lastGoodEndpoint: string | undefined;

function endpointReason(endpoint: string): string | undefined {
  if (endpoint === "") return "is required";
  if (endpoint.length > ENDPOINT_LENGTH_MAX) return `is longer than ${ENDPOINT_LENGTH_MAX} characters`;
  if (endpoint.startsWith("arn:")) {
    return LAMBDA_ARN.test(endpoint) ? undefined : "is not the ARN of a Lambda function";
  }
  const url = URL.parse(endpoint);
  if (url === null || !endpoint.includes("://")) return "is not a URL with a scheme";
  if (url.protocol !== "http:" && url.protocol !== "https:" && url.protocol !== "bridge:") {
    return `has the scheme ${url.protocol.slice(0, -1)}, which is none of http, https and bridge`;
  }
  return url.host === "" ? "has no host" : undefined;
}

/** google/protobuf/duration.proto */
const DURATION_SECONDS_MAX = 315_576_000_000;

function reasonOfDuration({ seconds, nanos }: Time): string | undefined {
  if (seconds < 0 || nanos < 0) return "is negative";
  return seconds > DURATION_SECONDS_MAX || nanos > 999_999_999 ? "is out of range" : undefined;
}

const RESULTS_MAX = 1_000;

function isResultCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= RESULTS_MAX;
}

function outOfRange(count: number): string {
  return `is ${count}, which is not between 1 and ${RESULTS_MAX}`;
}

function inCall(violation: Violation, list: string, index: number): Violation {
  return { index, field: `${list}[${index}].${violation.field}`, reason: violation.reason };
}
