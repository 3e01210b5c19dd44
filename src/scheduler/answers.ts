/** What a delivery brought back, as an event of the state machine. */
import { Status, statusName } from "../wire/status.ts";
import type { AttemptFailure, CallEvent, RetryPolicy } from "./call/events.ts";
import type { Outcome } from "./types.ts";
import { errorText } from "./wire/error.ts";
import { decodeRunResponse, type RunAnswer } from "./wire/run-response.ts";

type AnswerEvent = Extract<CallEvent, { type: "exited" | "polled" | "tail_called" | "failed" }>;

/** `fail` completes a failure with the call's retry policy and a random number. */
export function answerEvent(
  attempt: number,
  outcome: Outcome,
  graceMs: number,
  fail: (status: Status, type: string, message: string) => AttemptFailure,
): AnswerEvent {
  const failed = (failure: AttemptFailure): AnswerEvent => ({ type: "failed", attempt, failure });
  if (outcome.kind === "failure") {
    const { status, error, retryAfterMs } = outcome;
    return failed({ ...fail(status, error.type, error.message), retryAfterMs });
  }
  const invalid = (message: string) => failed(fail(Status.INVALID_RESPONSE, "InvalidResponse", message));
  let answer: RunAnswer;
  try {
    answer = decodeRunResponse(outcome.response);
  } catch (error) {
    return invalid(`the answer is no RunResponse: ${error instanceof Error ? error.message : error}`);
  }
  const { status, exit, poll } = answer;
  if (status <= Status.UNSPECIFIED || status > Status.NOT_FOUND)
    return invalid(`status ${status} is unknown`);
  if (status !== Status.OK) {
    const failure = fail(status, statusName(status), "the function failed without saying why");
    if (exit === undefined) return failed(failure);
    const message = exit.error === null ? failure.message : errorText(exit.error);
    return failed({ ...failure, message, output: exit.output, error: exit.error ?? failure.error });
  }
  if (poll !== undefined) {
    const failure = fail(Status.TEMPORARY_ERROR, "InvalidPoll", "the poll was refused");
    return { type: "polled", attempt, poll, firstChildId: 0, room: 0, roomMax: 0, failure };
  }
  if (exit?.tailCall !== undefined) return { type: "tail_called", attempt, call: exit.tailCall, graceMs };
  if (!exit?.hasResult) return invalid("status OK with neither a result nor a poll");
  return { type: "exited", attempt, status, output: exit.output, error: exit.error };
}

export function failureEvent(
  status: Status,
  error: Uint8Array,
  message: string,
  policy: RetryPolicy,
  random: number,
): AttemptFailure {
  return { status, output: null, error, message, retryAfterMs: undefined, policy, random };
}
