/**
 * The errors that name their own category. Throw one from a function to say how its failure is to be treated,
 * whatever caused it:
 *
 * ```ts
 * if (stock === 0) throw new TemporaryError("out of stock", { cause });
 * ```
 *
 * Every class is named after its status (`sdk.v1.Status`) and ends in `Error`: `TimeoutError` is TIMEOUT,
 * `DNSError` is DNS_ERROR, `NotFoundError` is NOT_FOUND. Retried are timeout, throttle, temporary, incompatible
 * state, DNS, TCP, TLS and HTTP errors; all others end the call.
 */
import { Status } from "../../wire/status.ts";

/** Base of every error of this package. What is thrown without a more specific class counts as PERMANENT_ERROR. */
export class DispatchError extends Error {
  /** The category that decides whether the call is retried. */
  declare readonly status: Status;

  static {
    define(DispatchError, "DispatchError", Status.PERMANENT_ERROR);
  }
}

/** The work did not end in time. Retried. */
export class TimeoutError extends DispatchError {
  static {
    define(TimeoutError, "TimeoutError", Status.TIMEOUT);
  }
}

/** Something refused the work because of its rate. Retried, and fewer calls run at once for a while. */
export class ThrottleError extends DispatchError {
  static {
    define(ThrottleError, "ThrottleError", Status.THROTTLED);
  }
}

/** The arguments are wrong, and would be next time. Ends the call. */
export class InvalidArgumentError extends DispatchError {
  static {
    define(InvalidArgumentError, "InvalidArgumentError", Status.INVALID_ARGUMENT);
  }
}

/** Something answered what cannot be understood. Ends the call. */
export class InvalidResponseError extends DispatchError {
  static {
    define(InvalidResponseError, "InvalidResponseError", Status.INVALID_RESPONSE);
  }
}

/** Likely to pass by itself. Retried. */
export class TemporaryError extends DispatchError {
  static {
    define(TemporaryError, "TemporaryError", Status.TEMPORARY_ERROR);
  }
}

/** Will fail again however often it is tried. Ends the call. */
export class PermanentError extends DispatchError {
  static {
    define(PermanentError, "PermanentError", Status.PERMANENT_ERROR);
  }
}

/** The saved state was written by another version of the code. The call starts again from its first input. */
export class IncompatibleStateError extends DispatchError {
  static {
    define(IncompatibleStateError, "IncompatibleStateError", Status.INCOMPATIBLE_STATE);
  }
}

/** A host name could not be resolved. Retried. */
export class DNSError extends DispatchError {
  static {
    define(DNSError, "DNSError", Status.DNS_ERROR);
  }
}

/** A connection could not be made, or broke. Retried. */
export class TCPError extends DispatchError {
  static {
    define(TCPError, "TCPError", Status.TCP_ERROR);
  }
}

/** The encryption of a connection failed, certificates included. Retried. */
export class TLSError extends DispatchError {
  static {
    define(TLSError, "TLSError", Status.TLS_ERROR);
  }
}

/** The HTTP exchange itself failed: headers that do not parse, a body that ends early. Retried. */
export class HTTPError extends DispatchError {
  static {
    define(HTTPError, "HTTPError", Status.HTTP_ERROR);
  }
}

/** The credentials are missing or wrong. Ends the call. */
export class UnauthenticatedError extends DispatchError {
  static {
    define(UnauthenticatedError, "UnauthenticatedError", Status.UNAUTHENTICATED);
  }
}

/** The credentials are right and do not suffice. Ends the call. */
export class PermissionDeniedError extends DispatchError {
  static {
    define(PermissionDeniedError, "PermissionDeniedError", Status.PERMISSION_DENIED);
  }
}

/** What was asked for does not exist. Ends the call. */
export class NotFoundError extends DispatchError {
  static {
    define(NotFoundError, "NotFoundError", Status.NOT_FOUND);
  }
}

/** The call was cancelled, or one above it. Ends the call. */
export class CancelledError extends DispatchError {
  static {
    define(CancelledError, "CancelledError", Status.PERMANENT_ERROR);
  }
}

/** A setting is missing or wrong: a registry's name, an endpoint, a key. Thrown where the setting is used. */
export class ConfigurationError extends DispatchError {
  static {
    define(ConfigurationError, "ConfigurationError", Status.PERMANENT_ERROR);
  }
}

/**
 * None of the calls given to `any` succeeded. `errors` holds what each failed with, in the order of the arguments.
 * Its status is that of its errors: retried when one of them is.
 */
export class AnyException extends AggregateError {
  constructor(errors: readonly unknown[]) {
    super(errors, `${errors.length} coroutine(s) failed with an exception`);
  }

  static {
    Object.defineProperty(AnyException.prototype, "name", {
      value: "AnyException",
      configurable: true,
      writable: true,
    });
  }
}

/** Every class that stands for one status, by that status. */
export const dispatchErrorClasses: ReadonlyMap<Status, typeof DispatchError> = new Map([
  [Status.TIMEOUT, TimeoutError],
  [Status.THROTTLED, ThrottleError],
  [Status.INVALID_ARGUMENT, InvalidArgumentError],
  [Status.INVALID_RESPONSE, InvalidResponseError],
  [Status.TEMPORARY_ERROR, TemporaryError],
  [Status.PERMANENT_ERROR, PermanentError],
  [Status.INCOMPATIBLE_STATE, IncompatibleStateError],
  [Status.DNS_ERROR, DNSError],
  [Status.TCP_ERROR, TCPError],
  [Status.TLS_ERROR, TLSError],
  [Status.HTTP_ERROR, HTTPError],
  [Status.UNAUTHENTICATED, UnauthenticatedError],
  [Status.PERMISSION_DENIED, PermissionDeniedError],
  [Status.NOT_FOUND, NotFoundError],
]);

/**
 * Name and status live on the prototype: an error that comes back from the wire is made without its constructor
 * and still has both, and neither is sent along.
 */
function define(target: typeof DispatchError, name: string, status: Status): void {
  Object.defineProperties(target.prototype, {
    name: { value: name, configurable: true, writable: true },
    status: { value: status, configurable: true, writable: true },
  });
}
