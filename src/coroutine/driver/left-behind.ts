/** What a function leaves behind when it ends, and how the operator is told. */
import type { Notice } from "../../telemetry/endpoint-events.ts";

/** What was still open when a function ended. */
export interface LeftBehind {
  readonly function: string;
  readonly dispatchId: string;
  /** Names of durable functions that were called and never awaited. */
  readonly unawaitedCalls: readonly string[];
  /** Those of them that were called in the last run: they are never made. */
  readonly droppedCalls: readonly string[];
  /** Errors of helper functions that nobody awaited. */
  readonly unhandledErrors: readonly unknown[];
}

interface LeftNotice extends Omit<Notice, "type"> {
  readonly code: string;
}

/** One for each function that was called, and for each error. */
export function noticesOf(left: LeftBehind): Omit<Notice, "type">[] {
  return texts(left).map(({ code: _, ...notice }) => notice);
}

/** As warnings of the process. */
export function warnOfLeftBehind(left: LeftBehind): void {
  for (const { message, code } of texts(left)) process.emitWarning(message, { code });
}

function texts({ function: name, dispatchId, ...left }: LeftBehind): LeftNotice[] {
  const about = { level: "warn", function: name, dispatchId } as const;
  const dropped = new Set(left.droppedCalls);
  const calls = [...new Set(left.unawaitedCalls)].map((called) => ({
    ...about,
    code: "DISPATCH_UNAWAITED_CALL",
    message: dropped.has(called)
      ? `${name} ended without awaiting its call of ${called}, which is not made: await it, or use .dispatch()`
      : `${name} ended without awaiting its call of ${called}`,
  }));
  const errors = left.unhandledErrors.map((error) => ({
    ...about,
    code: "DISPATCH_UNHANDLED_ERROR",
    message: `${name} ended without awaiting a function that failed: ${textOf(error)}`,
  }));
  return [...calls, ...errors];
}

const textOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
