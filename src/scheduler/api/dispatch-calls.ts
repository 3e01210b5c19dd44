import type { RetryRecord } from "../../store/index.ts";
import { traceText } from "../../telemetry/tracing/index.ts";
import { ConnectError } from "../../wire/connect-error.ts";
import type { CallOptions } from "../../wire/gen/dispatch/sdk/node/v1/options_pb.js";
import { type Call, type DispatchRequest, millisecondsOf, type Time } from "../../wire/hot-path/index.ts";
import { assertValid, type Violation, violationInDispatchRequest } from "../../wire/validate.ts";
import { DestinationError, type DestinationPolicy, LOCAL_ENDPOINT } from "../delivery/index.ts";
import type { DispatchCall } from "../types.ts";

/** Longest idempotency key, in characters. */
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;

/** What the headers of a request say of all its calls. */
export interface BatchHeaders {
  /** The idempotency key. */
  readonly key: string | undefined;
  readonly trace: string | null;
}

/**
 * The calls of a batch as the scheduler takes them. One bad call refuses the batch whole, and the error names its
 * index and field. What the whole batch has goes for a call that has none of its own.
 * @throws ValidationError; ConnectError for an endpoint that is malformed or not allowed
 */
export function dispatchCallsOf(
  request: DispatchRequest,
  policy: DestinationPolicy,
  batch: BatchHeaders,
): DispatchCall[] {
  assertValid(violationInDispatchRequest(request));
  if (batch.key !== undefined) assertValid(violationInKey(batch.key, "the Idempotency-Key header"));
  return request.calls.map((call, index) => dispatchCallOf(call, index, policy, batch));
}

function dispatchCallOf(
  call: Call,
  index: number,
  policy: DestinationPolicy,
  batch: BatchHeaders,
): DispatchCall {
  const { options } = call;
  if (options !== undefined) assertValid(violationInOptions(options, `calls[${index}].options`));
  return {
    endpoint: endpointOf(call, index, policy),
    function: call.function,
    version: call.version,
    correlationId: call.correlationId,
    // What was read is a view of the whole request, which a single waiting call must not keep in memory.
    input: call.input?.slice(),
    expirationMs: optionalMs(call.expiration),
    delayMs: optionalMs(options?.delay),
    idempotencyKey: keyOf(options?.idempotencyKey, batch.key, index),
    priority: options?.priority,
    retry: options?.retry === undefined ? undefined : retryOf(options.retry),
    trace: traceText(options?.trace?.traceparent, options?.trace?.tracestate) ?? batch.trace,
  };
}

/** Calls of this process's own functions are stored under a name that survives a change of its address. */
function endpointOf(call: Call, index: number, policy: DestinationPolicy): string {
  try {
    return policy.resolve(call.endpoint).kind === "local" ? LOCAL_ENDPOINT : call.endpoint;
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    throw new ConnectError(error.code, `calls[${index}].endpoint: ${error.message}`, { cause: error });
  }
}

/** Calls of one batch are told apart by their index: a batch that is sent again is the same batch. */
function keyOf(own: string | undefined, batchKey: string | undefined, index: number): string | undefined {
  if (own !== undefined && own !== "") return own;
  return batchKey === undefined ? undefined : `${batchKey}#${index}`;
}

function retryOf(retry: NonNullable<CallOptions["retry"]>): RetryRecord {
  return {
    ...(retry.attemptsMax === undefined ? {} : { attemptsMax: retry.attemptsMax }),
    ...(retry.firstDelay === undefined ? {} : { firstDelayMs: millisecondsOf(timeOf(retry.firstDelay)) }),
    ...(retry.factor === undefined ? {} : { factor: retry.factor }),
    ...(retry.delayMax === undefined ? {} : { delayMsMax: millisecondsOf(timeOf(retry.delayMax)) }),
  };
}

function violationInOptions(options: CallOptions, path: string): Violation | undefined {
  const { priority, retry } = options;
  const key = violationInKey(options.idempotencyKey, `${path}.idempotency_key`);
  if (key !== undefined) return key;
  if (isNegative(options.delay)) return { field: `${path}.delay`, reason: "is negative" };
  if (priority !== undefined && Math.abs(priority) > 100) {
    return { field: `${path}.priority`, reason: `is ${priority}, which is not between -100 and 100` };
  }
  if (retry?.attemptsMax === 0)
    return { field: `${path}.retry.attempts_max`, reason: "is 0; 1 means no retry" };
  if (isNegative(retry?.firstDelay)) return { field: `${path}.retry.first_delay`, reason: "is negative" };
  if (isNegative(retry?.delayMax)) return { field: `${path}.retry.delay_max`, reason: "is negative" };
  if (retry?.factor !== undefined && !(retry.factor >= 1 && retry.factor <= 1_000)) {
    return { field: `${path}.retry.factor`, reason: `is ${retry.factor}, which is not between 1 and 1000` };
  }
  return undefined;
}

function violationInKey(key: string, field: string): Violation | undefined {
  return key.length > IDEMPOTENCY_KEY_LENGTH_MAX
    ? { field, reason: `is longer than ${IDEMPOTENCY_KEY_LENGTH_MAX} characters` }
    : undefined;
}

type Duration = NonNullable<CallOptions["delay"]>;

function isNegative(duration: Duration | undefined): boolean {
  return duration !== undefined && (duration.seconds < 0n || duration.nanos < 0);
}

function optionalMs(time: Time | Duration | undefined): number | undefined {
  return time === undefined ? undefined : millisecondsOf(timeOf(time));
}

function timeOf({ seconds, nanos }: Time | Duration): Time {
  return { seconds: Number(seconds), nanos };
}
