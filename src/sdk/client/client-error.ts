import { type ConnectCode, ConnectError } from "../../wire/connect-error.ts";
import { Status } from "../../wire/status.ts";
import { DispatchError } from "../errors/dispatch-error.ts";
import { registerErrorClass } from "../errors/error-classes.ts";

/**
 * A request that the Dispatch API refused, did not answer, or that never reached it. The message starts with the
 * code. As the failure of a function it counts by its code: `unauthenticated` ends the call, `unavailable` is retried.
 */
export class ClientError extends DispatchError {
  /** Why, in the closed list of codes of the Connect protocol. */
  readonly code: ConnectCode;

  constructor(code: ConnectCode, message: string, options?: ErrorOptions) {
    super(`[${code}] ${message}`, options);
    this.code = code;
    // An own field, so that it stays when the error is sent along.
    Object.defineProperty(this, "status", { value: statusOfCode(code), enumerable: true });
  }

  static {
    ClientError.prototype.name = "ClientError";
    registerErrorClass(ClientError, "dispatch.ClientError");
  }

  /** What the API answered, or what kept it from answering. */
  static from(failure: unknown): ClientError {
    if (failure instanceof ClientError) return failure;
    const { code, message } = describeFailure(failure);
    return new ClientError(code, message, { cause: failure });
  }
}

/** Why a request failed, in words and as a code. */
export function describeFailure(failure: unknown): { code: ConnectCode; message: string } {
  if (failure instanceof ConnectError) return { code: failure.code, message: failure.rawMessage };
  const { message, code } = failure as { message?: unknown; code?: unknown };
  // An AggregateError of both addresses of localhost has a code and no message.
  return { code: "unavailable", message: `cannot reach the Dispatch API: ${message || code || failure}` };
}

function statusOfCode(code: ConnectCode): Status {
  switch (code) {
    case "invalid_argument":
    case "out_of_range":
    case "failed_precondition":
      return Status.INVALID_ARGUMENT;
    case "deadline_exceeded":
    case "canceled":
      return Status.TIMEOUT;
    case "not_found":
      return Status.NOT_FOUND;
    case "permission_denied":
      return Status.PERMISSION_DENIED;
    case "unauthenticated":
      return Status.UNAUTHENTICATED;
    case "resource_exhausted":
      return Status.THROTTLED;
    case "unavailable":
    case "internal":
    case "unknown":
    case "aborted":
      return Status.TEMPORARY_ERROR;
    case "already_exists":
    case "unimplemented":
    case "data_loss":
      return Status.PERMANENT_ERROR;
    default:
      return code satisfies never;
  }
}
