/** The signals that end the service. */
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
