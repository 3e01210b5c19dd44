/** Failures on the wire (`dispatch.sdk.v1.Error`): to other languages type and message, to this one the error itself. */
import { type CallError, callError } from "../../wire/hot-path/index.ts";
import type { CallSite } from "./call-site.ts";
import {
  CancelledError,
  DispatchError,
  InvalidResponseError,
  PermanentError,
  TemporaryError,
  TimeoutError,
} from "./dispatch-error.ts";
import { errorTypeName, findErrorClass } from "./error-classes.ts";
import { decodeError, encodeError } from "./error-graph.ts";

/** A failure of a function in another language, or of a class that is not known here. PERMANENT_ERROR, unless caught. */
export class RemoteError extends DispatchError {
  /** The error in a form that only its own language reads; empty when there is none. */
  readonly value: Uint8Array;

  constructor(type: string, message: string, value: Uint8Array) {
    super(message);
    define(this, "name", type || "RemoteError");
    this.value = value;
    define(this, "value", value);
  }
}

/** Whatever was thrown, errors or not, never failing itself. */
export function errorToWire(thrown: unknown): CallError {
  const text = new TextEncoder();
  try {
    if (thrown instanceof Error) {
      return callError({
        type: errorTypeName(thrown),
        message: String(thrown.message),
        value: encodeError(thrown),
        traceback: text.encode(cut(stackWithCauses(thrown))),
      });
    }
    return callError({
      type: typeOfThrown(thrown),
      message: describeThrown(thrown),
      value: encodeError(thrown),
    });
  } catch {
    // A getter or a proxy that throws while it is looked at.
    return callError({ type: "Error", message: "an error that cannot be read was thrown" });
  }
}

const causesMax = 8;
const causeMark = "\nCaused by: ";

/** Engines leave the causes out of `stack`; whoever reads the traceback has nothing else of them. */
function stackWithCauses(thrown: Error): string {
  let text = stackOf(thrown);
  let error: unknown = thrown;
  for (let depth = 0; depth < causesMax; depth++) {
    if (!(error instanceof Error) || error.cause === undefined) return text;
    error = error.cause;
    text += causeMark + (error instanceof Error ? stackOf(error) : describeThrown(error));
  }
  return text;
}

const stackOf = ({ stack }: Error) => (typeof stack === "string" ? stack : "");

/**
 * The error that a call failed with: of its own class when that is known here, with its cause and its stack. Below that
 * stack, `via` (such as `greet 0190f3a2…`) tells which call it came through, and `site` where that was made.
 */
export function errorFromWire(message: CallError, via = "", site?: CallSite): unknown {
  const { thrown } = decodeError(message.value) ?? { thrown: fromTypeAndMessage(message) };
  if (thrown instanceof Error) joinStacks(thrown, new TextDecoder().decode(message.traceback), via, site);
  return thrown;
}

function fromTypeAndMessage({ type, message, value }: CallError): Error {
  const Class = findErrorClass(type) ?? serviceErrors.get(type);
  if (Class === undefined) return new RemoteError(type, message, value);
  // The constructor of a user's class may take anything, and do anything: it is not run.
  return Object.setPrototypeOf(new Error(message), Class.prototype) as Error;
}

/** Failures that no function threw: what the scheduler and the pool call them. */
const serviceErrors: ReadonlyMap<string, typeof DispatchError> = new Map<string, typeof DispatchError>([
  ["Timeout", TimeoutError],
  ["RunTimeout", TimeoutError],
  ["Cancelled", CancelledError],
  ["InvalidPoll", InvalidResponseError],
  ["InvalidTailCall", InvalidResponseError],
  ["OutOfMemory", TemporaryError],
  ["ThreadLost", TemporaryError],
  ["PoolUnavailable", TemporaryError],
  ["PoolClosed", TemporaryError],
  ["ProcessExit", PermanentError],
  ["UncaughtError", PermanentError],
]);

/** A stack that grows by one step with every call it passes through, up to a length people can still read. */
const stackLengthMax = 16_384;

function joinStacks(error: Error, traceback: string, via: string, site: CallSite | undefined): void {
  const steps = [via && `    at dispatched call (${via})`, site?.frames].filter(Boolean).join("\n");
  const own = withoutCauses(traceback, error);
  const head = cut(own || `${error.name}: ${error.message}`, stackLengthMax - steps.length - 1);
  define(error, "stack", steps === "" ? head : `${head}\n${steps}`);
}

/** An error that has its cause at hand shows it by itself. */
function withoutCauses(traceback: string, error: Error): string {
  if (error.cause === undefined) return traceback;
  const messageAt = traceback.indexOf(error.message);
  const end = traceback.indexOf(causeMark, messageAt === -1 ? 0 : messageAt + error.message.length);
  return end === -1 ? traceback : traceback.slice(0, end);
}

function cut(text: string, max = stackLengthMax): string {
  return text.length <= max ? text : `${text.slice(0, max - 6)}\n    …`;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
}

function typeOfThrown(thrown: unknown): string {
  if (thrown === null) return "null";
  if (typeof thrown !== "object") return typeof thrown;
  return thrown.constructor?.name || "Object";
}

function describeThrown(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null) {
    const { message } = thrown as { message?: unknown };
    if (typeof message === "string") return message;
    const json = JSON.stringify(thrown);
    return json === undefined ? `a ${typeOfThrown(thrown)} was thrown` : cut(json, 1000);
  }
  return String(thrown);
}
