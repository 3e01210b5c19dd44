/**
 * Errors of the HTTP border in the form of the Connect protocol: a code from a closed list and a message.
 * Source: https://connectrpc.com/docs/protocol, "Error Codes" and "Error End-Stream".
 */

/** Codes are stable; messages may improve. */
export type ConnectCode =
  | "canceled"
  | "unknown"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

export interface ConnectErrorOptions {
  readonly cause?: unknown;
  /** When asking again makes sense, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** An error that crosses the HTTP border, or did. Its `message` starts with the code. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly code: ConnectCode;
  /** The message without the code: what the JSON body carries. At most {@link MESSAGE_LENGTH_MAX} characters. */
  readonly rawMessage: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: ConnectCode, message: string, options: ConnectErrorOptions = {}) {
    const rawMessage = shortened(message);
    super(`[${code}] ${rawMessage}`, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.rawMessage = rawMessage;
    this.retryAfterMs = options.retryAfterMs;
  }

  get httpStatus(): number {
    return httpStatusOfCode(this.code);
  }

  /** The body of the HTTP response, `application/json`. */
  toBody(): string {
    return JSON.stringify({ code: this.code, message: this.rawMessage });
  }

  /**
   * Any thrown value as a ConnectError, never throwing itself. An error that has a `connectCode` (those of this
   * room do) keeps code and message; an aborted or timed-out operation gets the code that says so. Of anything else
   * the text stays inside: code internal, message "internal error", the value as `cause`.
   */
  static from(thrown: unknown): ConnectError {
    try {
      if (thrown instanceof ConnectError) return thrown;
      if (!(thrown instanceof Error))
        return new ConnectError("internal", "internal error", { cause: thrown });
      const code = "connectCode" in thrown ? thrown.connectCode : undefined;
      if (isConnectCode(code)) return new ConnectError(code, String(thrown.message), { cause: thrown });
      if (thrown.name === "AbortError") return new ConnectError("canceled", "canceled", { cause: thrown });
      if (thrown.name === "TimeoutError") {
        return new ConnectError("deadline_exceeded", "deadline exceeded", { cause: thrown });
      }
    } catch {
      // A getter or a proxy threw while it was looked at; what it is stays the cause.
    }
    return new ConnectError("internal", "internal error", { cause: thrown });
  }
}

export function isConnectCode(value: unknown): value is ConnectCode {
  return typeof value === "string" && CODES.has(value);
}

/** HTTP status of the response that carries an error of this code. */
export function httpStatusOfCode(code: ConnectCode): number {
  switch (code) {
    case "canceled":
      return 499;
    case "unknown":
    case "internal":
    case "data_loss":
      return 500;
    case "invalid_argument":
    case "failed_precondition":
    case "out_of_range":
      return 400;
    case "deadline_exceeded":
      return 504;
    case "not_found":
      return 404;
    case "already_exists":
    case "aborted":
      return 409;
    case "permission_denied":
      return 403;
    case "resource_exhausted":
      return 429;
    case "unimplemented":
      return 501;
    case "unavailable":
      return 503;
    case "unauthenticated":
      return 401;
    default:
      return code satisfies never;
  }
}

/** A name of 10 kB in a message helps nobody; the head of it does. */
export const MESSAGE_LENGTH_MAX = 2_000;

function shortened(message: string): string {
  return message.length <= MESSAGE_LENGTH_MAX ? message : `${message.slice(0, MESSAGE_LENGTH_MAX - 1)}…`;
}

const CODES: ReadonlySet<string> = new Set<ConnectCode>([
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
]);
