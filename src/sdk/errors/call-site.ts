/** Where a durable call was made, to be shown under the stack of the failure that comes back. */
export interface CallSite {
  /** Frames, one per line, as `Error.stack` has them; empty where there are none. */
  readonly frames: string;
}

/**
 * The frames of whoever called `callee`. Costs some microseconds: for calls that cross a network anyway.
 *
 * @param callee the function that users call, on the stack now
 */
export function callSite(callee: (...args: never[]) => unknown): CallSite {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  // The first line is a heading.
  return { frames: (holder.stack ?? "").split("\n").slice(1).join("\n") };
}
