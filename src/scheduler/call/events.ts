/** Everything that can happen to a call. Time comes beside the event; ids and random numbers come with it. */
import type { RetryRecord, StateKind } from "../../store/index.ts";
import type { Status } from "../../wire/status.ts";

export type CallEvent =
  | RecordedEvent
  | RecoveredEvent
  | InterruptedEvent
  | DueEvent
  | StartedEvent
  | ExitedEvent
  | PolledEvent
  | TailCalledEvent
  | FailedEvent
  | ChildEndedEvent
  | AdoptedEvent
  | CancelEvent
  | RetryEvent;

export type CallEventType = CallEvent["type"];

/** The commit that holds the call is durable. */
export interface RecordedEvent {
  readonly type: "recorded";
}

/** The call was read back from the store after a restart. */
export interface RecoveredEvent {
  readonly type: "recovered";
}

/** Said before `recovered`: the process before died while it ran this attempt, by which or by something else. */
export interface InterruptedEvent {
  readonly type: "interrupted";
  readonly attempt: number;
  /** Encoded dispatch.sdk.v1.Error: that it has killed too many, and is not to run again. */
  readonly error: Uint8Array | null;
}

/** The call's timer fired: a delay, a wait, a run or the call's life is over; the clock tells which. */
export interface DueEvent {
  readonly type: "due";
  /** What a running attempt that is given up counts as. */
  readonly failure: AttemptFailure;
  /**
   * What is left of the running attempt's time, measured: the time of day may have been set forward, or the machine
   * may have slept. 0 or less: nothing.
   */
  readonly runLeftMs: number;
  /** How long a run may take to stop once told to. */
  readonly graceMs: number;
}

/** A run is handed to the delivery. */
export interface StartedEvent {
  readonly type: "started";
  readonly timeoutMs: number;
  /** Results it is given. */
  readonly results: number;
}

/** The attempt answered: the function ended with a result. */
export interface ExitedEvent {
  readonly type: "exited";
  readonly attempt: number;
  readonly status: Status;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

/** The attempt answered: the function is suspended. */
export interface PolledEvent {
  readonly type: "polled";
  readonly attempt: number;
  readonly poll: Poll;
  /** Ids for the poll's calls: as many as there are, from this one on. */
  readonly firstChildId: number;
  /** How many more calls may live now, and how many could if no other call lived. */
  readonly room: number;
  readonly roomMax: number;
  /** How the call goes on should the poll be refused again and again. */
  readonly failure: AttemptFailure;
}

/** The attempt answered: another call takes the place of this one. */
export interface TailCalledEvent {
  readonly type: "tail_called";
  readonly attempt: number;
  readonly call: ChildCall;
  readonly graceMs: number;
}

/** The attempt failed, or could not be delivered. */
export interface FailedEvent {
  readonly type: "failed";
  readonly attempt: number;
  readonly failure: AttemptFailure;
}

/** A child of this call ended; with a result for the generation named, -1 for none. */
export interface ChildEndedEvent {
  readonly type: "child_ended";
  readonly generation: number;
}

/** A call below ended and left children that live: the call at the top takes them over, to be cancelled with it. */
export interface AdoptedEvent {
  readonly type: "adopted";
  readonly count: number;
}

/** Somebody asks the call to stop: an operator, or the end of the call above. */
export interface CancelEvent {
  readonly type: "cancel";
  readonly reason: string;
  readonly graceMs: number;
}

/** Somebody asks for a call that ended without success to run again. */
export interface RetryEvent {
  readonly type: "retry";
}

export interface AttemptFailure {
  readonly status: Status;
  readonly output: Uint8Array | null;
  /** Encoded dispatch.sdk.v1.Error. */
  readonly error: Uint8Array | null;
  /** For the call's story. */
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  readonly policy: RetryPolicy;
  /** From 0 up to 1: where in the jitter's range the delay falls. */
  readonly random: number;
}

/** A function's policy with the call's own wishes applied. */
export interface RetryPolicy extends Required<RetryRecord> {
  /** Restarts from the input because of INCOMPATIBLE_STATE. */
  readonly restartsMax: number;
}

export interface Poll {
  readonly stateKind: StateKind;
  readonly state: Uint8Array | null;
  readonly calls: readonly ChildCall[];
  /** Undefined when absent on the wire. */
  readonly maxWaitMs: number | undefined;
  readonly minResults: number;
  readonly maxResults: number;
}

export interface ChildCall {
  readonly correlationId: bigint;
  /** Empty: that of the caller. */
  readonly endpoint: string;
  readonly function: string;
  readonly version: string;
  readonly input: Uint8Array | null;
  readonly expirationMs: number | undefined;
  readonly delayMs: number | undefined;
  readonly priority: number | undefined;
  readonly retry: RetryRecord | null;
  /** Null: that of the caller. */
  readonly trace: string | null;
  /** Refused: two callers would wait for one call. */
  readonly idempotencyKey?: string | undefined;
}
