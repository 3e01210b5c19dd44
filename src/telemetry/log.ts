/** The log: pino, one line for what an operator should know, nothing for each run. */
import { type DestinationStream, type Logger, pino } from "pino";
import pretty from "pino-pretty";
import type { TelemetryEvent } from "./events.ts";

export interface LogOptions {
  level: string;
  /** `auto` is pretty on a terminal and JSON otherwise. */
  format: "auto" | "pretty" | "json";
  /** Default: standard error, so that a command's output stays its own. */
  destination?: DestinationStream;
}

export function createLogger(options: LogOptions): Logger {
  const isPretty =
    options.format === "pretty" || (options.format === "auto" && process.stderr.isTTY === true);
  const destination =
    options.destination ??
    (isPretty
      ? pretty({
          destination: 2,
          colorize: process.stderr.isTTY === true && !process.env.NO_COLOR,
          ignore: "pid,hostname",
        })
      : pino.destination({ dest: 2, sync: true }));
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** Subscribes the log to the events. */
export function logEvents(logger: Logger): (event: TelemetryEvent) => void {
  return (event) => {
    switch (event.type) {
      case "service-ready":
        logger.info(
          { url: event.url, functions: event.functions.length, threads: event.threads },
          `listening on ${event.url}, ${event.functions.length} functions on ${event.threads} threads`,
        );
        if (event.liveUrl !== undefined)
          logger.info({ liveUrl: event.liveUrl }, `live page at ${event.liveUrl}/`);
        break;
      case "service-stopping":
        logger.info(`stopping: ${event.why}`);
        break;
      case "service-stopped":
        logger.info("stopped");
        break;
      case "notice":
        logger[event.level](event.message);
        break;
      case "request-rejected":
        logger.warn({ reason: event.reason }, `request refused: ${oneLine(event.message)}`);
        break;
      case "pool-thread-started":
        logger.debug({ thread: event.threadId }, "thread started");
        break;
      case "pool-thread-died":
        logDeath(logger, event);
        break;
      case "pool-runs-finished":
        for (const run of event.runs) {
          if (run.reason !== undefined) {
            logger.warn(
              { function: run.functionName, reason: run.reason },
              `run answered by the pool: ${run.reason}`,
            );
          }
        }
        break;
      case "pool-batch-sent":
      case "request-received":
        break;
    }
  };
}

function logDeath(logger: Logger, event: Extract<TelemetryEvent, { type: "pool-thread-died" }>): void {
  const { threadId, reason, functionName, runsRepeated } = event;
  const details = { thread: threadId, reason, ...(functionName && { function: functionName }), runsRepeated };
  if (reason === "retired") logger.debug(details, "thread retired");
  else
    logger.error(
      details,
      `thread ended, ${reason}: ${oneLine(event.text)}; ${runsRepeated} runs start again`,
    );
}

/** What came from outside must not forge lines of the log. */
const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, 500);
