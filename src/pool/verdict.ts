/**
 * Who is to blame for a thread's death, and who runs again. Pure.
 *
 * A thread that dies takes all its runs with it, and mostly one of them is the cause. When the thread could say
 * which (an exit or an uncaught error knows its run; a blocked thread knows what it executes), that one is guilty.
 * Otherwise those in flight become suspects: each runs again with no other suspect on its thread, so that a second
 * death convicts it.
 */
import type { Run } from "./run.ts";
import type { CulpritReason } from "./shared-state.ts";

export type DeathReason = CulpritReason | "blocked" | "out-of-memory" | "unknown";

/** Everything known about a death. */
export interface Death {
  reason: DeathReason;
  /** What happened, for the error message. */
  text: string;
  /** Slot the thread itself named. */
  culpritSlot: number | undefined;
  /** Slot whose first stretch of code was executing. */
  runningSlot: number | undefined;
}

export interface Verdict {
  guilty: Run | undefined;
  /** Run again; suspects have a strike more. */
  innocent: Run[];
  /** Have been sent too often without being convicted; answered as a temporary failure. */
  givenUp: Run[];
}

/** A run that lost its thread this often is unlucky beyond reason, and its requests are in somebody's way. */
export const ATTEMPTS_MAX = 5;

export function judge(death: Death, inFlight: readonly Run[]): Verdict {
  const guilty = findGuilty(death, inFlight);
  const others = inFlight.filter((run) => run !== guilty);
  if (guilty === undefined) {
    const executing = others.find((run) => run.slot === death.runningSlot);
    for (const run of executing === undefined ? others : [executing]) run.strikes++;
  }
  return {
    guilty,
    innocent: others.filter((run) => run.attempts < ATTEMPTS_MAX),
    givenUp: others.filter((run) => run.attempts >= ATTEMPTS_MAX),
  };
}

function findGuilty(death: Death, inFlight: readonly Run[]): Run | undefined {
  const named = inFlight.find((run) => run.slot === death.culpritSlot);
  if (named !== undefined) return named;
  if (death.culpritSlot !== undefined) return undefined;
  const executing = inFlight.find((run) => run.slot === death.runningSlot);
  // Code that blocks is what executes. Memory is filled by many and overflows in anyone's code, so that this
  // alone convicts only who was there before.
  if (death.reason === "blocked" && executing !== undefined) return executing;
  return inFlight.find((run) => run.strikes > 0) ?? (inFlight.length === 1 ? inFlight[0] : undefined);
}
