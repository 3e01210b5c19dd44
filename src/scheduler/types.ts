/** What the scheduler takes and gives: calls, results, and the seam through which runs are delivered. */
import type { RetryRecord } from "../store/index.ts";
import type { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";

/** A call to be made, as a client dispatches it. Values are encoded already: the scheduler opens none. */
export interface DispatchCall {
  /** Where the function runs: http, https, bridge, or an arn:aws:lambda ARN. */
  readonly endpoint: string;
  readonly function: string;
  readonly version?: string | undefined;
  readonly correlationId?: bigint | undefined;
  /** Encoded google.protobuf.Any, passed through untouched. */
  readonly input?: Uint8Array | undefined;
  /** The call fails with TIMEOUT when it has not ended after this many milliseconds. 0 or absent: no limit. */
  readonly expirationMs?: number | undefined;
  /** Runs no sooner than this many milliseconds from now. */
  readonly delayMs?: number | undefined;
  /** A second call of the same function with the same key is the first one, for `keyRetentionMs`. */
  readonly idempotencyKey?: string | undefined;
  readonly retry?: RetryRecord | undefined;
  /** Higher runs first, -100 to 100. Default: 0. */
  readonly priority?: number | undefined;
  /** The trace it belongs to, as `traceText` of `telemetry/tracing` gives it. Default: none. */
  readonly trace?: string | null | undefined;
}

/** What a call came to. `output` is an encoded Any, `error` an encoded dispatch.sdk.v1.Error; both may be set. */
export interface CallResult {
  readonly id: string;
  readonly correlationId: bigint;
  readonly status: Status;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

/** What is known of several calls at one moment. */
export interface CallResults {
  /** Of those that have ended. */
  readonly results: readonly CallResult[];
  /** Ids that no call has, or none that is still kept. */
  readonly unknown: readonly string[];
}

export type CallState =
  | "dispatched"
  | "delayed"
  | "ready"
  | "running"
  | "suspended"
  | "cancelling"
  | "succeeded"
  | "failed"
  | "expired"
  | "cancelled";

/** A call as the Control API shows it. Times in milliseconds since 1970. */
export interface CallSummary {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly rootId: string;
  readonly endpoint: string;
  readonly function: string;
  readonly version: string;
  readonly state: CallState;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  /** While delayed or suspended: when it is woken at the latest. */
  readonly wakeAtMs: number | undefined;
  readonly attempt: number;
  /** Failed runs since the last progress. */
  readonly failures: number;
  readonly priority: number;
  /** Once ended. */
  readonly status: Status | undefined;
}

export interface CallDetails extends CallSummary {
  readonly input: Uint8Array | null;
  readonly output: Uint8Array | null;
  readonly error: Uint8Array | null;
}

/** One line of a call's story, oldest first. */
export interface CallEvent {
  /** Absent for `suspended`: what the call waits for now, of which no time is recorded. */
  readonly atMs: number | undefined;
  readonly kind:
    | "dispatched"
    | "attempt_failed"
    | "poll_refused"
    | "restarted"
    | "tail_called"
    | "cancel_requested"
    | "retried"
    | "suspended"
    | "ended";
  readonly attempt: number;
  readonly status: Status | undefined;
  readonly message: string;
}

export interface ListRequest {
  readonly function?: string | undefined;
  readonly states?: readonly CallState[] | undefined;
  readonly parentId?: string | undefined;
  readonly rootId?: string | undefined;
  readonly createdFromMs?: number | undefined;
  readonly createdToMs?: number | undefined;
  /** 1 to 1000. Default: 100. */
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
}

export interface ListResponse {
  /** Newest first. */
  readonly calls: readonly CallSummary[];
  readonly nextPageToken: string | undefined;
}

/** One attempt to run a call. */
export interface Run {
  readonly id: string;
  /** `epoch` and `attempt` together are unique: an answer to any other attempt is stale. */
  readonly epoch: number;
  readonly attempt: number;
  readonly endpoint: string;
  readonly function: string;
  /** Encoded dispatch.sdk.v1.RunRequest. */
  readonly request: Uint8Array;
  /** After so many milliseconds the scheduler gives the attempt up as TIMEOUT. */
  readonly timeoutMs: number;
  /** The trace that the attempt belongs to, which the request says too. */
  readonly trace: string | null;
  /** Aborted when the call is cancelled, expires, or the attempt is given up. Made when first asked for. */
  readonly signal: AbortSignal;
  /** Has the listener called when the signal is aborted, at once if it is already; a tenth of what a signal costs. */
  onAbort(listener: () => void): void;
}

/** How an attempt went: the endpoint's own answer, or why there is none. */
export type Outcome =
  | { readonly kind: "response" /** Encoded dispatch.sdk.v1.RunResponse. */; readonly response: Uint8Array }
  | {
      readonly kind: "failure";
      readonly status: Status;
      readonly error: { readonly type: string; readonly message: string };
      /** The destination asked to be left alone for so long. */
      readonly retryAfterMs?: number | undefined;
    };

/**
 * Carries runs to where functions live. Should not reject: a rejection counts as TEMPORARY_ERROR. May answer
 * late or never: the scheduler gives up after `timeoutMs` and drops what comes afterwards.
 */
export interface Delivery {
  deliver(run: Run): Promise<Outcome>;
}
