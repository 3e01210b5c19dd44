/** What the scheduler refuses, and why. Codes are Connect's, so that a front maps them without a table. */

export type SchedulerErrorCode =
  /** The request can never succeed: `field` names what is wrong. */
  | "invalid_argument"
  /** No such call, or no longer kept. */
  | "not_found"
  /** The call is in a state that does not allow this. */
  | "failed_precondition"
  /** Too much is waiting already; try again after `retryAfterMs`. */
  | "resource_exhausted"
  /** The store does not take new work now, or the scheduler is closing; try again after `retryAfterMs`. */
  | "unavailable";

export class SchedulerError extends Error {
  override readonly name = "SchedulerError";
  readonly code: SchedulerErrorCode;
  /** E.g. `calls[3].function`. */
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: SchedulerErrorCode,
    message: string,
    details: { field?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.retryAfterMs = details.retryAfterMs;
  }
}
