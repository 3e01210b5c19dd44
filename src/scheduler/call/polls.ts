/** What is wrong with a poll or a call in it, in words; undefined when nothing is. */
import type { RetryRecord } from "../../store/index.ts";
import type { ChildCall, Poll } from "./events.ts";

const FUNCTION_NAME = /^[a-zA-Z_][a-zA-Z0-9_<>.]*$/;
const ENDPOINT = /^(?:https?:\/\/[^/]|bridge:\/\/[^/]|arn:aws:lambda:)/;
const NAME_LENGTH_MAX = 1024;
const ENDPOINT_LENGTH_MAX = 2048;
/**
 * The longest google.protobuf.Duration, ten thousand years. Durations end up added to a time in the store, where
 * what is no safe integer can be neither written nor read: a single one would stop every call.
 */
export const DURATION_MS_MAX = 315_576_000_000_000;

/** A poll with anything wrong is refused whole: none of its calls runs. Limits are those of the protocol. */
export function pollFault(poll: Poll): string | undefined {
  const { maxWaitMs, minResults, maxResults } = poll;
  if (maxWaitMs === undefined) return "poll.max_wait: is required";
  if (maxWaitMs < 1000) return `poll.max_wait: must be at least 1s, not ${maxWaitMs}ms`;
  if (!isDuration(maxWaitMs)) return `poll.max_wait: is out of range, ${maxWaitMs}ms`;
  if (minResults < 1 || minResults > 1000) return `poll.min_results: must be 1 to 1000, not ${minResults}`;
  if (maxResults < 1 || maxResults > 1000) return `poll.max_results: must be 1 to 1000, not ${maxResults}`;
  if (minResults > maxResults)
    return `poll.min_results: must not exceed max_results, ${minResults} > ${maxResults}`;
  for (let i = 0; i < poll.calls.length; i++) {
    const fault = callFault(poll.calls[i]!, true);
    if (fault !== undefined) return `poll.calls[${i}].${fault}`;
  }
  return undefined;
}

/** Names the field first. `endpointOptional` where the caller's own endpoint stands in. */
export function callFault(
  call: Pick<
    ChildCall,
    "function" | "endpoint" | "expirationMs" | "delayMs" | "priority" | "retry" | "idempotencyKey"
  >,
  endpointOptional: boolean,
): string | undefined {
  if (call.function === "") return "function: is required";
  if (call.function.length > NAME_LENGTH_MAX) return `function: is longer than ${NAME_LENGTH_MAX} characters`;
  if (!FUNCTION_NAME.test(call.function))
    return `function: ${quoted(call.function)} does not match ${FUNCTION_NAME.source}`;
  if (call.endpoint === "") {
    if (!endpointOptional) return "endpoint: is required";
  } else if (call.endpoint.length > ENDPOINT_LENGTH_MAX || !ENDPOINT.test(call.endpoint))
    return `endpoint: ${quoted(call.endpoint)} must be an http, https or bridge URL, or an arn:aws:lambda ARN`;
  if (!isDuration(call.expirationMs)) return `expiration: ${outOfRange(call.expirationMs)}`;
  if (!isDuration(call.delayMs)) return `delay: ${outOfRange(call.delayMs)}`;
  const priority = call.priority ?? 0;
  if (!Number.isInteger(priority) || Math.abs(priority) > 100)
    return `priority: must be a whole number from -100 to 100, is ${priority}`;
  if (call.idempotencyKey) return "options.idempotency_key: is for calls that clients dispatch";
  return call.retry ? retryFault(call.retry) : undefined;
}

function retryFault({ attemptsMax, firstDelayMs, factor, delayMsMax }: RetryRecord): string | undefined {
  if (attemptsMax !== undefined && !(attemptsMax >= 1))
    return `retry.attempts_max: must be at least 1, is ${attemptsMax}`;
  if (!isDuration(firstDelayMs)) return `retry.first_delay: ${outOfRange(firstDelayMs)}`;
  if (factor !== undefined && !(factor >= 1 && factor < Number.POSITIVE_INFINITY))
    return `retry.factor: must be a number of at least 1, is ${factor}`;
  return isDuration(delayMsMax) ? undefined : `retry.delay_max: ${outOfRange(delayMsMax)}`;
}

function isDuration(ms: number | undefined): boolean {
  return ms === undefined || (ms >= 0 && ms <= DURATION_MS_MAX);
}

function outOfRange(ms: number | undefined): string {
  return `must not be negative, nor above ${DURATION_MS_MAX}ms, is ${ms}ms`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
