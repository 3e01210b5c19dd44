import { NEVER_MS } from "../../store/index.ts";
import { Status } from "../../wire/status.ts";
import { DEFAULT_RETRY } from "./backoff.ts";
import type { Call } from "./call.ts";
import { type NewCall, rootCall } from "./children.ts";
import type { Effect } from "./effects.ts";
import type { AttemptFailure, CallEvent, ChildCall, Poll, RetryPolicy } from "./events.ts";
import { transition } from "./transition.ts";

export const NOW = 1_000_000;

export const NEW_CALL: NewCall = {
  correlationId: 0n,
  endpoint: "http://localhost:8000",
  function: "greet",
  version: "",
  expirationMs: undefined,
  delayMs: undefined,
  priority: undefined,
  retry: null,
  trace: null,
};

/** A call that is told one event after the other, with what the last one wanted done. */
export class Script {
  call: Call;
  effects: readonly Effect[] = [];
  nowMs = NOW;

  constructor(changes: Partial<NewCall> = {}) {
    this.call = rootCall(1, { ...NEW_CALL, ...changes }, NOW);
  }

  tell(event: CallEvent): this {
    const { call, effects } = transition(this.call, event, this.nowMs);
    this.call = call;
    this.effects = effects;
    return this;
  }

  /** Recorded and started. */
  run(results = 0): this {
    if (this.call.state === "dispatched") this.tell({ type: "recorded" });
    return this.tell({ type: "started", timeoutMs: 1000, results });
  }

  poll(changes: Partial<Poll> = {}): this {
    const failure = failed(Status.TEMPORARY_ERROR);
    return this.tell({
      type: "polled",
      attempt: this.call.attempt,
      poll: poll(changes),
      firstChildId: 100,
      room: 1000,
      roomMax: 1000,
      failure,
    });
  }

  fail(status: Status, changes: Partial<AttemptFailure> = {}): this {
    return this.tell({ type: "failed", attempt: this.call.attempt, failure: failed(status, changes) });
  }

  exit(status = Status.OK): this {
    const output = bytes("result");
    return this.tell({ type: "exited", attempt: this.call.attempt, status, output, error: null });
  }

  cancel(): this {
    return this.tell({ type: "cancel", reason: "asked", graceMs: 500 });
  }

  due(afterMs: number): this {
    this.nowMs += afterMs;
    return this.tell({ type: "due", failure: failed(Status.TIMEOUT), runLeftMs: 0, graceMs: 500 });
  }

  childEnded(generation = this.call.generation): this {
    return this.tell({ type: "child_ended", generation });
  }

  get effectTypes(): string[] {
    return this.effects.map((effect) =>
      effect.type === "write" ? `write ${effect.change.kind}` : effect.type,
    );
  }
}

export function failed(status: Status, changes: Partial<AttemptFailure> = {}): AttemptFailure {
  const policy: RetryPolicy = { ...DEFAULT_RETRY, ...changes.policy };
  return {
    status,
    output: null,
    error: bytes("error"),
    message: "failed",
    retryAfterMs: undefined,
    random: 0.5,
    ...changes,
    policy,
  };
}

export function poll(changes: Partial<Poll> = {}): Poll {
  return {
    stateKind: "typed",
    state: bytes("state"),
    calls: [],
    maxWaitMs: 60_000,
    minResults: 1,
    maxResults: 10,
    ...changes,
  };
}

export function child(changes: Partial<ChildCall> = {}): ChildCall {
  return { ...NEW_CALL, input: bytes("input"), endpoint: "", ...changes };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export { NEVER_MS };
