/**
 * Finds the run whose code would end the thread. For an exit or an error that nobody caught, the run is named in
 * shared memory before the thread goes: the front answers it, and runs the others again. A rejection that nobody
 * handles unwinds nothing but its own promise: its run is answered, and the thread lives on.
 */
import { inspect } from "node:util";
import type { CulpritReason, SharedState } from "../src/pool/shared-state.ts";
import { runningRun, type StartedRun } from "./started-run.ts";

export interface Blame {
  shared: SharedState;
  /** Answers a run that failed by something it does not know of. */
  fail(run: StartedRun, message: string): void;
  /** Tells the operator. */
  warn(message: string): void;
  /** Called before the thread goes, to send what is ready. */
  leave(): void;
}

export type EndThread = (reason: CulpritReason, text: string, code: number) => never;

/** @returns what ends the thread in order */
export function blameRuns({ shared, fail, warn, leave }: Blame): EndThread {
  const exit = process.exit.bind(process);
  const end: EndThread = (reason, text, code) => {
    shared.culprit = { id: runningRun.getStore()?.id, reason, text };
    leave();
    return exit(code);
  };

  process.exit = (code) => end("exit", `it called process.exit(${code ?? ""})`, Number(code ?? 0));
  const kill = process.kill.bind(process);
  process.kill = (pid, signal) =>
    // Signal 0 only asks whether a process exists.
    pid === process.pid && signal !== 0
      ? end("exit", `it called process.kill(process.pid, ${inspect(signal)})`, 1)
      : kill(pid, signal);
  process.on("uncaughtException", (error) => end("uncaught", `uncaught ${inspect(error)}`, 1));
  process.on("unhandledRejection", (reason) => {
    const run = runningRun.getStore();
    const text = `unhandled rejection: ${inspect(reason)}`;
    if (run === undefined) warn(`in code that belongs to no run, ${text}`);
    else if (run.answered) warn(`in code of a run that was answered, ${text}`);
    else fail(run, text);
  });
  return end;
}
