/**
 * What is known of the process before this one should it die: which runs it had under way. Outlives the process, not
 * the machine: when the power fails no run is to blame.
 */

/** A call that was being run when a process died, and has not been run to an answer since. */
export interface Suspect {
  readonly id: number;
  /** The last attempt that was under way at a death. */
  readonly attempt: number;
  /** Processes that died while it was being run. */
  readonly deaths: number;
}

export interface RunUnderWay {
  readonly id: number;
  readonly attempt: number;
  /** No other run was in the process, not even one that was given up. */
  readonly alone: boolean;
}

export interface JournalContent {
  readonly suspects: readonly Suspect[];
  /** Those that ended may be among them: the store knows better. */
  readonly runs: readonly RunUnderWay[];
}

/** Synchronous, and never throws: without it a run that kills the process is not found out, and all else goes on. */
export interface RunJournal {
  /** Runs of this process that started and have not ended, those from before `begin` and those given up included. */
  readonly running: number;
  /** What the process before left of the store with this tag; nothing when it ended in order, or had another store. */
  read(tag: string): JournalContent;
  /** Begins anew, with these suspects and no run. Only for who has the store. */
  begin(tag: string, suspects: readonly Suspect[]): void;
  /** A run that is about to start: known after a death once `flush` has returned. Gives its place. */
  started(run: RunUnderWay): number;
  /** Others may start beside this run from now on: known after a death once `flush` has returned. */
  joined(place: number): void;
  flush(): void;
  /** The place may be given to another run, unless it was given before the last `begin`. */
  ended(place: number): void;
  /**
   * The process is about to end in order, runs or not: from here on no death is a run's. What another process has begun
   * since stays as it is.
   */
  forget(): void;
}

export const NO_JOURNAL: RunJournal = {
  running: 0,
  read: () => ({ suspects: [], runs: [] }),
  begin: () => {},
  started: () => 0,
  joined: () => {},
  flush: () => {},
  ended: () => {},
  forget: () => {},
};
