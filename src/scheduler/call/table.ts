/**
 * The call's state machine as a table: for every state what it means and which timer runs, and for every event
 * that may happen there what it does and where it leads. A pair that is not listed is an IllegalTransition.
 * docs/states.md is held equal to this file by a test.
 */
import type { CallState } from "../types.ts";
import type { Call } from "./call.ts";
import type { Effect } from "./effects.ts";
import type { CallEvent, CallEventType } from "./events.ts";
import { exit, failedAnswer, polled, staleAnswer, stopped, tailCalled } from "./on-answers.ts";
import {
  adopted,
  cancel,
  childCounted,
  childEnded,
  childEndedSuspended,
  interrupted,
  recorded,
  recovered,
  retry,
  started,
} from "./on-events.ts";
import { dueCancelling, dueDelayed, dueReady, dueRunning, dueSuspended } from "./on-timers.ts";

export interface Pair<E extends CallEvent> {
  readonly to: readonly CallState[];
  readonly does: string;
  readonly handle: (call: Call, event: E, nowMs: number, effects: Effect[]) => Call;
}

export interface StateRow {
  readonly means: string;
  readonly timer: string;
  readonly on: { readonly [T in CallEventType]?: Pair<Extract<CallEvent, { type: T }>> };
}

const ENDS = ["succeeded", "failed"] as const;
const STOPS = ["cancelling", "cancelled"] as const;
const EXPIRES = ["cancelling", "expired"] as const;

const cancels = { to: STOPS, does: "stops, with everything below it", handle: cancel };
const counts = (state: CallState) => ({ to: [state], does: "counts the result", handle: childCounted });
const adopts = (state: CallState) => ({ to: [state], does: "counts them as its own", handle: adopted });
const stale = (state: CallState) => ({
  to: [state],
  does: "dropped and counted: stale",
  handle: staleAnswer,
});
const staleAnswers = (state: CallState) => ({
  exited: stale(state),
  polled: stale(state),
  tail_called: stale(state),
  failed: stale(state),
});
const stops = {
  to: ["cancelling", "cancelled", "expired"] as const,
  does: "the attempt has stopped, whatever it says; ends once its children have",
  handle: stopped,
};
const dies = (state: CallState) => ({
  to: [state, "failed"] as const,
  does: "the process died in its run: noted; ends when it has killed too many",
  handle: interrupted,
});
const retries = { to: ["dispatched"] as const, does: "starts over from its input", handle: retry };

export const STATES: { readonly [S in CallState]: StateRow } = {
  dispatched: {
    means: "Accepted, on its way into the store. Nobody has been told yet.",
    timer: "none",
    on: {
      recorded: { to: ["delayed", "ready"], does: "durable: may run", handle: recorded },
      child_ended: counts("dispatched"),
      adopted: adopts("dispatched"),
      cancel: cancels,
    },
  },
  delayed: {
    means: "Waits for its time: the caller's delay, or the backoff after a failed attempt.",
    timer: "the delay, or the expiration if that is sooner",
    on: {
      due: { to: ["delayed", "ready", ...EXPIRES], does: "its time has come", handle: dueDelayed },
      interrupted: dies("delayed"),
      recovered: { to: ["delayed", "ready"], does: "waits on, or may run", handle: recovered },
      child_ended: counts("delayed"),
      adopted: adopts("delayed"),
      cancel: cancels,
      ...staleAnswers("delayed"),
    },
  },
  ready: {
    means: "Could run now; waits for a place at its destination.",
    timer: "the expiration",
    on: {
      due: { to: ["ready", ...EXPIRES], does: "expires", handle: dueReady },
      started: { to: ["running"], does: "takes the next attempt number", handle: started },
      child_ended: counts("ready"),
      adopted: adopts("ready"),
      cancel: cancels,
      ...staleAnswers("ready"),
    },
  },
  running: {
    means: "An attempt is under way. Its number is the fencing token: no other answer counts.",
    timer: "the run's time limit, or the expiration if that is sooner",
    on: {
      due: {
        to: ["running", "delayed", "failed", ...EXPIRES],
        does: "the attempt is given up as TIMEOUT, or the call expires",
        handle: dueRunning,
      },
      exited: { to: ["running", ...ENDS], does: "ends with the result", handle: exit },
      polled: {
        to: ["running", "suspended", "ready", "delayed", "failed"],
        does: "keeps the state and records the calls; an invalid poll is refused whole and runs again with the error",
        handle: polled,
      },
      tail_called: {
        to: ["running", "ready", "delayed", "failed"],
        does: "becomes the other call; id and creation time stay",
        handle: tailCalled,
      },
      failed: {
        to: ["running", "delayed", "failed"],
        does: "tries again after a backoff, from its input when the state was incompatible, or ends",
        handle: failedAnswer,
      },
      child_ended: counts("running"),
      adopted: adopts("running"),
      cancel: cancels,
    },
  },
  suspended: {
    means: "Its state is stored; it waits for results of its calls, or for max_wait to pass.",
    timer: "max_wait, or the expiration if that is sooner",
    on: {
      due: {
        to: ["suspended", "ready", ...EXPIRES],
        does: "wakes with what has arrived",
        handle: dueSuspended,
      },
      child_ended: {
        to: ["suspended", "ready"],
        does: "counts the result; wakes when there are enough, or no more will come",
        handle: childEndedSuspended,
      },
      adopted: adopts("suspended"),
      interrupted: dies("suspended"),
      recovered: { to: ["suspended", "ready"], does: "wakes if enough arrived", handle: recovered },
      cancel: cancels,
      ...staleAnswers("suspended"),
    },
  },
  cancelling: {
    means: "Was told to stop, or expired; waits until its attempt and its children have.",
    timer: "the grace a running attempt has",
    on: {
      due: {
        to: ["cancelling", "cancelled", "expired"],
        does: "the attempt is given up; ends once its children have",
        handle: dueCancelling,
      },
      child_ended: {
        to: ["cancelling", "cancelled", "expired"],
        does: "ends when it was the last",
        handle: childEnded,
      },
      adopted: adopts("cancelling"),
      recovered: {
        to: ["cancelling", "cancelled", "expired"],
        does: "stops its children again; ends when it has none",
        handle: recovered,
      },
      cancel: { to: ["cancelling"], does: "nothing more", handle: (call) => call },
      exited: stops,
      polled: stops,
      tail_called: stops,
      failed: stops,
    },
  },
  succeeded: { means: "Ended with status OK.", timer: "none", on: {} },
  failed: { means: "Ended with another status.", timer: "none", on: { retry: retries } },
  expired: { means: "Did not end in time: TIMEOUT.", timer: "none", on: { retry: retries } },
  cancelled: { means: "Was stopped.", timer: "none", on: { retry: retries } },
};
