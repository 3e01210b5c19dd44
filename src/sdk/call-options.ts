import type { CallOptions, RetryOptions } from "./scope.ts";

/** Ten years: further away is a unit mixed up. */
const msMax = 10 * 365 * 86_400_000;

/**
 * A checked copy of the options, without fields that are undefined.
 *
 * @throws {RangeError} naming the option, its value and its bounds
 * @throws {TypeError} naming an option that does not exist
 */
export function checkCallOptions(options: CallOptions): CallOptions {
  const { expirationMs, delayMs, idempotencyKey, retry, priority, ...unknown } = options;
  refuseUnknown(unknown, "call option");
  return {
    ...checked("expirationMs", expirationMs, 1, msMax),
    ...checked("delayMs", delayMs, 0, msMax),
    ...checkedKey(idempotencyKey),
    ...checked("priority", priority, -100, 100, true),
    ...(retry !== undefined && { retry: checkRetryOptions(retry) }),
  };
}

/** @throws {RangeError | TypeError} as {@link checkCallOptions} does. */
export function checkRetryOptions(retry: RetryOptions): RetryOptions {
  const { attemptsMax, firstDelayMs, factor, delayMsMax, ...unknown } = retry;
  refuseUnknown(unknown, "retry option");
  if (firstDelayMs !== undefined && delayMsMax !== undefined && delayMsMax < firstDelayMs) {
    throw new RangeError(
      `retry.delayMsMax of ${delayMsMax} is less than retry.firstDelayMs of ${firstDelayMs}`,
    );
  }
  return {
    ...checked("attemptsMax", attemptsMax, 1, 1_000_000, true),
    ...checked("firstDelayMs", firstDelayMs, 0, msMax),
    ...checked("factor", factor, 1, 100),
    ...checked("delayMsMax", delayMsMax, 0, msMax),
  };
}

/** `{ [name]: value }`, or nothing when the value is undefined. */
export function checked<N extends string>(
  name: N,
  value: number | undefined,
  min: number,
  max: number,
  integer = false,
): { [K in N]?: number } {
  if (value === undefined) return {};
  if (typeof value !== "number" || !(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
    throw new RangeError(
      `${name} of ${String(value)} is not ${integer ? "an integer" : "a number"} from ${min} to ${max}`,
    );
  }
  return { [name]: value } as { [K in N]?: number };
}

/** A misspelt option would be an option silently ignored. */
export function refuseUnknown(unknown: object, what: string): void {
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new TypeError(`unknown ${what} ${JSON.stringify(name)}`);
}

function checkedKey(key: string | undefined): { idempotencyKey?: string } {
  if (key === undefined) return {};
  if (typeof key !== "string" || key === "" || key.length > 255) {
    throw new RangeError("idempotencyKey must be a string of 1 to 255 characters");
  }
  return { idempotencyKey: key };
}
