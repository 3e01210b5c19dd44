/**
 * Which status a failure or an output stands for. Evidence is looked for from the outside in: the value itself,
 * then its `cause` and so on, so that `fetch failed` counts as what made it fail.
 */
import { isRetried, Status, statusOfHttp } from "../../wire/status.ts";
import { AnyException, DispatchError } from "./dispatch-error.ts";
import { type ErrorClass, registerErrorClass } from "./error-classes.ts";
import { statusFromCode } from "./error-codes.ts";
import { httpStatusOf, isHttpResponse, statusFromClient } from "./http-clients.ts";
import { type Class, type StatusHandler, StatusRegistrations } from "./registrations.ts";

const errorTypes = new StatusRegistrations();
const outputTypes = new StatusRegistrations();

/**
 * Gives the instances of an error class a status, or a function that decides by instance. From then on they also keep
 * their class and all their fields when they travel.
 *
 * ```ts
 * registerErrorType(CardDeclined, Status.PERMANENT_ERROR);
 * registerErrorType(ApiError, (error) => (error.busy ? Status.THROTTLED : undefined));
 * ```
 */
export function registerErrorType<T>(type: Class<T>, rule: Status | StatusHandler<T>): void {
  errorTypes.register(type, rule);
  if (type.prototype instanceof Error) registerErrorClass(type as unknown as ErrorClass);
}

/**
 * Gives the instances of a class that functions return a status: a function that returns one then ends with that
 * status, and is retried when the status says so.
 */
export function registerOutputType<T>(type: Class<T>, rule: Status | StatusHandler<T>): void {
  outputTypes.register(type, rule);
}

/**
 * The status of what a function threw, in this order: a registered type; a `DispatchError`; the HTTP status that
 * fetch, axios, got, openai, slack and AWS clients leave on their errors; an error code of Node, OpenSSL or undici;
 * `TimeoutError` and `AbortError`; the errors inside an AggregateError. When nothing of that is found on the value or
 * its causes: TypeError, RangeError, SyntaxError and URIError are INVALID_ARGUMENT, all else PERMANENT_ERROR.
 */
export function statusOfError(error: unknown): Status {
  return find(error, new Set()) ?? (isInvalidValue(error) ? Status.INVALID_ARGUMENT : Status.PERMANENT_ERROR);
}

/** The status of what a function returned: that of a registered type, of an HTTP response, or OK. */
export function statusOfOutput(output: unknown): Status {
  if (typeof output !== "object" || output === null) return Status.OK;
  const registered = outputTypes.find(output);
  if (registered !== undefined) return registered;
  return isHttpResponse(output) ? statusOfHttp(output.status) : Status.OK;
}

/** @param seen guards against a cause that leads back to itself, and bounds the walk. */
function find(error: unknown, seen: Set<unknown>): Status | undefined {
  if (typeof error !== "object" || error === null || seen.has(error) || seen.size >= walkMax)
    return undefined;
  seen.add(error);
  // slack keeps its cause as `original`.
  const { cause, original, errors } = error as { cause?: unknown; original?: unknown; errors?: unknown };
  return (
    errorTypes.find(error) ??
    statusOfOne(error) ??
    (Array.isArray(errors) ? findAmong(errors, seen) : undefined) ??
    find(cause ?? original, seen)
  );
}

/** Causes and members looked at in one error; more is a mistake or an attack. */
const walkMax = 100;

function statusOfOne(error: object): Status | undefined {
  if (error instanceof DispatchError) return error.status;
  const client = statusFromClient(error);
  if (client !== undefined) return client;
  const http = httpStatusOf(error);
  if (http !== undefined) return http;
  const { code, name, errno, syscall } = error as Record<string, unknown>;
  if (typeof code === "string") {
    // A DNS query whose server refused the connection has the connection's code.
    if (typeof syscall === "string" && /^(query|getaddrinfo|getnameinfo)/.test(syscall))
      return Status.DNS_ERROR;
    const status = statusFromCode(code, typeof errno === "number" || typeof syscall === "string");
    // A wrong type or value is the weakest evidence there is: `fetch failed` is one, with the reason in its cause.
    if (status !== undefined && status !== Status.INVALID_ARGUMENT) return status;
  }
  if (name === "TimeoutError" || name === "AbortError") return Status.TIMEOUT;
  // undici leaves the parser's code undefined.
  if (name === "HTTPParserError") return Status.HTTP_ERROR;
  return undefined;
}

/**
 * Several failures of one thing, as when each address of a host was tried: retrying helps if it would help with any.
 */
function findAmong(errors: readonly unknown[], seen: Set<unknown>): Status | undefined {
  let first: Status | undefined;
  for (const error of errors) {
    const status = find(error, seen);
    if (status !== undefined && isRetried(status)) return status;
    first ??= status;
  }
  return first;
}

function isInvalidValue(error: unknown): boolean {
  if (typeof error !== "object" || error === null || error instanceof AnyException) return false;
  const { name, message, code } = error as Record<string, unknown>;
  if (typeof code === "string" && statusFromCode(code, false) === Status.INVALID_ARGUMENT) return true;
  // Endless recursion is a RangeError too, and no fault of the arguments.
  if (typeof message === "string" && message.startsWith("Maximum call stack")) return false;
  if (typeof name === "string" && invalidValueNames.has(name)) return true;
  return [TypeError, RangeError, SyntaxError, URIError].some((Class) => error instanceof Class);
}

const invalidValueNames: ReadonlySet<string> = new Set([
  "TypeError",
  "RangeError",
  "SyntaxError",
  "URIError",
  "ValueError",
]);
