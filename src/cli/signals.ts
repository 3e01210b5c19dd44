/** The signals that end a command. */
import { constants } from "node:os";
import { EXIT } from "./exit-codes.ts";

/**
 * Resolves with the first SIGTERM or SIGINT. A second one ends the process at once: whoever sends it does not want
 * to wait for the runs any more.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let received = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (received) process.exit(EXIT.signal(constants.signals[signal]));
      received = true;
      resolve(signal);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

/** Rejects with what `error` makes of the first SIGTERM or SIGINT that comes while the work goes on. */
export async function unlessSignal<T>(
  work: Promise<T>,
  error: (signal: NodeJS.Signals, exitCode: number) => Error,
): Promise<T> {
  const interrupted = Promise.withResolvers<never>();
  const onSignal = (signal: NodeJS.Signals) =>
    interrupted.reject(error(signal, EXIT.signal(constants.signals[signal])));
  process.once("SIGTERM", onSignal).once("SIGINT", onSignal);
  try {
    return await Promise.race([work, interrupted.promise]);
  } finally {
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  }
}
