/**
 * When code of a run ends the thread, by an exit or an error that nobody caught, the run is named in shared memory
 * before the thread goes: the front answers it, and runs the others again.
 */
import { inspect } from "node:util";
import type { CulpritReason, SharedState } from "../src/pool/shared-state.ts";
import { runningSlot } from "./run-table.ts";

export function blameRuns(shared: SharedState): void {
  const exit = process.exit.bind(process);
  const end = (reason: CulpritReason, text: string, code: number): never => {
    shared.culprit = { slot: runningSlot.getStore(), reason, text };
    return exit(code);
  };

  process.exit = (code) => end("exit", `it called process.exit(${code ?? ""})`, Number(code ?? 0));
  process.on("uncaughtException", (error) => end("uncaught", `uncaught ${inspect(error)}`, 1));
  process.on("unhandledRejection", (reason) => {
    // A rejection that no run caused says nothing about the runs in flight.
    if (runningSlot.getStore() === undefined) {
      process.stderr.write(`unhandled rejection outside of any run: ${inspect(reason)}\n`);
    } else end("uncaught", `unhandled rejection: ${inspect(reason)}`, 1);
  });
}
