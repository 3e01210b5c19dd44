import type { Logger } from "pino";
import { LINES_PER_SECOND, LineLimit } from "./line-limit.ts";
import { oneLine } from "./one-line.ts";
import type { SchedulerEvent } from "./scheduler-events.ts";

/** What an operator should know of the scheduler; nothing for a call that goes well. */
export function logSchedulerEvents(
  logger: Logger,
  afterSecond?: (flush: () => void) => void,
): (event: { readonly type: string }) => void {
  const limit = new LineLimit(
    LINES_PER_SECOND,
    (kind, count) => logger.warn({ count }, `${kind}: ${count} more in this second`),
    afterSecond,
  );
  return (any) => {
    const event = any as SchedulerEvent;
    switch (event.type) {
      case "scheduler-recovered":
        logRecovery(logger, event);
        break;
      case "scheduler-runs-interrupted":
        logger.warn({ runs: event.runs, ended: event.ended }, interrupted(event));
        break;
      case "scheduler-clock-behind":
        logger.warn(
          { behindMs: event.behindMs },
          `the clock is ${event.behindMs} ms behind the latest time in the store: time goes on from there`,
        );
        break;
      case "scheduler-commit-failed":
        logger.error({ code: event.code, changes: event.changes }, commitFailure(event));
        break;
      case "scheduler-store-lost":
        logger.error({ code: event.code }, storeLost(event));
        break;
      case "scheduler-store-reopened":
        logger.info(
          { lostForMs: Math.round(event.lostForMs) },
          `the store is open again after ${Math.round(event.lostForMs)} ms: calls are taken and go on`,
        );
        break;
      case "scheduler-call-failed":
        if (limit.allows("calls failed")) logFailed(logger, event);
        break;
      case "scheduler-call-restarted":
        if (limit.allows("calls started over")) logRestarted(logger, event);
        break;
      case "scheduler-calls-refused":
        logger.warn({ reason: event.reason, calls: event.count }, `calls refused: ${event.reason}`);
        break;
      case "scheduler-answer-dropped":
        logger.debug({ reason: event.reason }, "answer dropped");
        break;
      case "scheduler-removed":
        logger.debug({ calls: event.count }, "old calls removed");
        break;
      case "scheduler-fault":
        logger.error({ operation: event.operation }, `fault in the scheduler: ${event.message}`);
        break;
      case "scheduler-committed":
      case "scheduler-calls-ended":
      case "scheduler-attempt-failed":
        break;
    }
  };
}

function logFailed(logger: Logger, event: Extract<SchedulerEvent, { type: "scheduler-call-failed" }>): void {
  const { id, function: name, status, error } = event;
  logger.warn(
    { function: name, status, id },
    `call of ${oneLine(name)} failed, ${status}: ${oneLine(error)} (call ${id})`,
  );
}

function logRestarted(
  logger: Logger,
  event: Extract<SchedulerEvent, { type: "scheduler-call-restarted" }>,
): void {
  const { id, function: name, reason } = event;
  logger.warn(
    { function: name, id },
    `call of ${oneLine(name)} starts over from its input, ${oneLine(reason)} (call ${id})`,
  );
}

function logRecovery(logger: Logger, event: Extract<SchedulerEvent, { type: "scheduler-recovered" }>): void {
  const { live, ready, delayed, suspended, cancelling, durationMs } = event;
  const details = { live, ready, delayed, suspended, cancelling, durationMs: Math.round(durationMs) };
  if (live === 0) {
    logger.debug(details, "no calls to recover");
    return;
  }
  logger.info(
    details,
    `recovered ${live} calls in ${details.durationMs} ms: ${ready} to run, ${delayed} delayed, ` +
      `${suspended} suspended, ${cancelling} being cancelled`,
  );
}

function interrupted({
  runs,
  ended,
}: Extract<SchedulerEvent, { type: "scheduler-runs-interrupted" }>): string {
  const calls = runs === 1 ? "1 run" : `${runs} runs`;
  return (
    `the process before died with ${calls} under way: ${ended} of these calls failed as its cause, ` +
    "the others run one at a time until they are cleared"
  );
}

function storeLost(event: Extract<SchedulerEvent, { type: "scheduler-store-lost" }>): string {
  const next =
    event.reopenInMs === undefined
      ? "it is not opened again by this process"
      : `it is opened again in ${Math.round(event.reopenInMs)} ms`;
  return `the store is lost (${event.message}), no call is taken and none runs: ${next}`;
}

function commitFailure(event: Extract<SchedulerEvent, { type: "scheduler-commit-failed" }>): string {
  const next =
    event.retryInMs === undefined
      ? "nothing more is written"
      : `new calls are refused, trying again in ${Math.round(event.retryInMs)} ms`;
  return `the store did not take ${event.changes} changes (${event.message}): ${next}`;
}
