/**
 * Who is to blame for a thread's death, and who runs again. Pure.
 *
 * A thread that dies takes all its runs with it, and mostly one of them is the cause. When the thread could say
 * which (an exit or an uncaught error knows its run; a blocked thread knows what it executes), that one is guilty.
 * Otherwise those it had started become suspects: each runs again with no other suspect on its thread, so that a
 * second death convicts it. Runs it had not started are beyond suspicion, and nothing was lost with them.
 */
import type { Run } from "./run.ts";
import type { CulpritReason } from "./shared-state.ts";

export type DeathReason = CulpritReason | "blocked" | "unknown";

/** Everything known about a death. */
export interface Death {
  reason: DeathReason;
  /** What happened, for the error message. */
  text: string;
  /** The run that the thread itself named; -1 when it said that it was none of them. */
  culpritId: number | undefined;
  /** The run whose first stretch of code was executing. */
  executing: Run | undefined;
}

export interface Verdict {
  guilty: Run | undefined;
  /** Run again; suspects have a strike more. */
  innocent: Run[];
  /** Were lost too often without being convicted; answered as a temporary failure. */
  givenUp: Run[];
}

/** A run that lost its thread this often is unlucky beyond reason, and its repetitions are in somebody's way. */
export const LOSSES_MAX = 10;

export function judge(death: Death, inFlight: readonly Run[]): Verdict {
  const guilty = findGuilty(death, inFlight);
  const others = inFlight.filter((run) => run !== guilty);
  const started = others.filter((run) => run.started);
  for (const run of started) run.losses++;
  if (guilty === undefined && death.culpritId === undefined) {
    const { executing } = death;
    for (const run of executing === undefined ? started : [executing]) run.strikes++;
  }
  return {
    guilty,
    innocent: others.filter((run) => run.losses < LOSSES_MAX),
    givenUp: others.filter((run) => run.losses >= LOSSES_MAX),
  };
}

function findGuilty(death: Death, inFlight: readonly Run[]): Run | undefined {
  if (death.culpritId !== undefined) return inFlight.find((run) => run.id === death.culpritId);
  // Code that blocks is what executes. Memory is filled by many and overflows in anyone's code, so that this
  // alone convicts only who was there before.
  if (death.reason === "blocked" && death.executing !== undefined) return death.executing;
  const started = inFlight.filter((run) => run.started);
  return started.find((run) => run.strikes > 0) ?? (started.length === 1 ? started[0] : undefined);
}
