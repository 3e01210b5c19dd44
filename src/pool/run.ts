/** One run the pool has taken, from its arrival to its answer. */

export interface Run {
  readonly slot: number;
  readonly functionName: string;
  readonly request: Uint8Array;
  readonly queuedAtMs: number;
  /** When it was last sent to a thread. */
  sentAtMs: number;
  /** Deaths of threads in which this run may have been the cause. A run with strikes is a suspect. */
  strikes: number;
  /** Times it was sent to a thread. */
  attempts: number;
  /** Set when the caller wants it no more. */
  cancelled: boolean;
  /** Removes the listener on the caller's signal. */
  release: (() => void) | undefined;
  readonly answer: (response: Uint8Array) => void;
}
