/** Where a durable call was made, to be shown under the stack of the failure that comes back. */
export interface CallSite {
  /** Frames, one per line, as `Error.stack` has them. */
  readonly frames: string;
}

/** The frames above this package's own. Costs some microseconds: for calls that cross a network anyway. */
export function callSite(): CallSite {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 20;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = limit;
  const frames = stack
    .split("\n")
    .slice(1)
    .filter((frame) => !frame.includes(sdkRoot));
  return { frames: frames.slice(0, 10).join("\n") };
}

const sdkRoot = new URL("..", import.meta.url).href;
