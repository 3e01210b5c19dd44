/** The log: pino, one line for what an operator should know, nothing for each run. */
import { type DestinationStream, type Logger, pino } from "pino";
import pretty from "pino-pretty";
import type { TelemetryEvent } from "./events.ts";
import { LINES_PER_SECOND, LineLimit } from "./line-limit.ts";
import { oneLine } from "./one-line.ts";

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
          // The messages say it all; fields are for programs.
          hideObject: true,
        })
      : pino.destination({ dest: 2, sync: true }));
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS, censor: "[redacted]" },
    },
    destination,
  );
}

/** Nothing logs these; should a line ever carry an object that has them, they stay out all the same. */
const SECRET_NAMES = [
  "apiKey",
  "apiKeys",
  "signingKey",
  "verificationKey",
  "authorization",
  "signature",
  "body",
  "input",
  "output",
];
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Subscribes the log to the events. */
export function logEvents(
  logger: Logger,
  afterSecond?: (flush: () => void) => void,
): (event: TelemetryEvent) => void {
  const limit = new LineLimit(
    LINES_PER_SECOND,
    (kind, count) => logger.warn({ count }, `${kind}: ${count} more in this second`),
    afterSecond,
  );
  return (event) => {
    switch (event.type) {
      case "service-ready":
        logger.info(
          { url: event.url, functions: event.functions.length, threads: event.threads },
          `listening on ${event.url}, ${counted(event.functions.length, "function")} on ${counted(event.threads, "thread")}`,
        );
        logger[event.functions.length === 0 ? "warn" : "info"](servingText(event.functions));
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
        logNotice(logger, limit, event);
        break;
      case "request-rejected":
        if (limit.allows(`requests refused, ${event.reason}`))
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
          const { functionName, reason } = run;
          if (reason !== undefined && limit.allows(`runs answered by the pool, ${reason}`))
            logger.warn({ function: functionName, reason }, `run answered by the pool: ${reason}`);
        }
        break;
      case "pool-batch-sent":
      case "request-received":
        break;
    }
  };
}

function logNotice(
  logger: Logger,
  limit: LineLimit,
  event: Extract<TelemetryEvent, { type: "notice" }>,
): void {
  const { level, message, function: name, dispatchId } = event;
  // What a function does, it does in every run.
  if (name === undefined) logger[level](message);
  else if (limit.allows(`notices of function ${oneLine(name)}`))
    logger[level]({ function: name, dispatchId }, message);
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

const FUNCTIONS_NAMED_MAX = 20;

function servingText(functions: readonly string[]): string {
  if (functions.length === 0) return "serving no functions: make some with dispatch.function(…)";
  const more = functions.length - FUNCTIONS_NAMED_MAX;
  return `serving ${functions.slice(0, FUNCTIONS_NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
