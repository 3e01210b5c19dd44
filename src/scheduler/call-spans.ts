/**
 * The spans of calls, where an SDK for tracing is installed: accept, queue, run or resume, suspend and commit. It owns
 * what is open between two moments of a call's life; what lasts longer, the call's place in its trace, is stored with it.
 * Of an attempt that is not sampled only the run itself is made, which passes that on.
 */
import {
  type Attributes,
  bounded,
  callAttributes,
  contextOf,
  failSpan,
  type Span,
  type Tracing,
  textOf,
} from "../telemetry/tracing/index.ts";
import type { Call } from "./call/call.ts";

export interface RunAnswer {
  readonly attempt: number;
  /** Name of the status. */
  readonly status: string;
  /** Why it failed; undefined for an attempt that did not. */
  readonly error?: string | undefined;
}

interface OpenRun {
  readonly attempt: number;
  readonly span: Span;
  /** Undefined until the attempt has answered. */
  commit: Span | undefined;
}

/** Beginnings of suspensions that are remembered; of one that is forgotten there is no span. */
const SUSPENSIONS_MAX = 100_000;

export class CallSpans {
  readonly #tracing: Tracing;
  readonly #nameOf: (callId: number) => string;
  readonly #nowMs: () => number;
  readonly #accepting = new Map<number, Span>();
  readonly #runs = new Map<number, OpenRun>();
  readonly #suspendedAtMs = new Map<number, number>();

  /** @param nowMs milliseconds since the epoch, the clock of the spans */
  constructor(tracing: Tracing, nameOf: (callId: number) => string, nowMs: () => number = Date.now) {
    this.#tracing = tracing;
    this.#nameOf = nameOf;
    this.#nowMs = nowMs;
  }

  /**
   * A call is taken on. What called it is the span it names itself, else the run of its caller.
   *
   * @returns the trace it is to be stored with
   */
  accepted(call: Call, caller?: Call): string | null {
    const inherits = caller !== undefined && call.trace === caller.trace;
    const parent = inherits ? (textOf(this.#runs.get(caller.id)?.span) ?? call.trace) : call.trace;
    const span = this.#start("accept", call, parent, this.#tracing.api.SpanKind.PRODUCER, {
      "messaging.operation.type": "create",
    });
    if (span.isRecording()) this.#accepting.set(call.id, span);
    return textOf(span) ?? parent;
  }

  /** It is durable; or, with the reason, it never will be. */
  recorded(callId: number, refusal?: string): void {
    const span = this.#accepting.get(callId);
    if (span === undefined) return;
    this.#accepting.delete(callId);
    if (refusal !== undefined) failSpan(this.#tracing, span, "unavailable", refusal);
    span.end();
  }

  /** Another call with the same idempotency key was there already. */
  duplicate(callId: number, otherId: number): void {
    this.#accepting.get(callId)?.setAttribute("dispatch.duplicate_of", this.#nameOf(otherId));
    this.recorded(callId);
  }

  /**
   * An attempt begins, after the call has waited so long for its place.
   *
   * @returns the trace that the attempt is in
   */
  started(call: Call, waitedMs: number): string | null {
    const { SpanKind } = this.#tracing.api;
    const nowMs = this.#nowMs();
    const attributes = { "dispatch.attempt": call.attempt };
    const operation = call.stateKind === "none" ? "run" : "resume";
    const span = this.#start(operation, call, call.trace, SpanKind.CONSUMER, {
      ...attributes,
      "messaging.operation.type": "process",
    });
    if (span.isRecording()) {
      this.#start("queue", call, call.trace, SpanKind.INTERNAL, attributes, nowMs - waitedMs).end(nowMs);
    }
    this.#runs.set(call.id, { attempt: call.attempt, span, commit: undefined });
    return textOf(span) ?? call.trace;
  }

  /** An attempt has answered. One that was given up before is not heard. */
  answered(call: Call, { attempt, status, error }: RunAnswer): void {
    const run = this.#runs.get(call.id);
    if (run?.attempt !== attempt) return;
    const isRecording = run.span.isRecording();
    run.span.setAttribute("dispatch.status", status);
    if (error !== undefined) failSpan(this.#tracing, run.span, status, error);
    run.span.end();
    if (!isRecording) return;
    run.commit = this.#start("commit", call, textOf(run.span), this.#tracing.api.SpanKind.INTERNAL, {
      "dispatch.attempt": attempt,
    });
  }

  /** What happened to a call has been worked in. @returns the span to end once that is durable */
  moved(before: Call, call: Call): Span | undefined {
    if (before.state === "suspended" && call.state !== "suspended") this.#woke(call);
    if (call.runActive || !before.runActive) return undefined;
    const run = this.#runs.get(call.id);
    this.#runs.delete(call.id);
    if (call.state === "suspended" && run?.commit !== undefined) this.#suspended(call);
    if (run?.span.isRecording()) {
      const stopped = call.state === "cancelled" || call.state === "expired";
      const why = stopped ? `the call is ${call.state}` : "it did not answer in time";
      failSpan(this.#tracing, run.span, "TIMEOUT", why);
      run.span.end();
    }
    return run?.commit;
  }

  #suspended(call: Call): void {
    if (this.#suspendedAtMs.size >= SUSPENSIONS_MAX) {
      for (const oldest of this.#suspendedAtMs.keys()) {
        this.#suspendedAtMs.delete(oldest);
        break;
      }
    }
    this.#suspendedAtMs.set(call.id, this.#nowMs());
  }

  #woke(call: Call): void {
    const sinceMs = this.#suspendedAtMs.get(call.id);
    if (sinceMs === undefined) return;
    this.#suspendedAtMs.delete(call.id);
    const { SpanKind } = this.#tracing.api;
    this.#start("suspend", call, call.trace, SpanKind.INTERNAL, {}, sinceMs).end(this.#nowMs());
  }

  #start(
    operation: string,
    call: Call,
    parent: string | null,
    kind: number,
    attributes: Attributes,
    startTime = this.#nowMs(),
  ): Span {
    const { tracer } = this.#tracing;
    const context = contextOf(this.#tracing, parent);
    const id = this.#nameOf(call.id);
    return tracer.startSpan(
      `${operation} ${bounded(call.function)}`,
      {
        kind,
        startTime,
        attributes: {
          ...callAttributes(operation, call.function),
          "messaging.message.id": id,
          "dispatch.id": id,
          ...(call.parentId !== 0 && { "dispatch.parent_id": this.#nameOf(call.parentId) }),
          "dispatch.root_id": this.#nameOf(call.rootId),
          ...attributes,
        },
      },
      context,
    );
  }
}
