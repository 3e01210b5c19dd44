/** A run with its span, which is the active one for the code of the function: what that calls nests in it. */
import { keepContexts } from "../src/coroutine/runtime/contexts.ts";
import {
  bounded,
  callAttributes,
  contextOf,
  failSpan,
  type Span,
  type Tracing,
  traceText,
} from "../src/telemetry/tracing/index.ts";
import { peekRunRequest, type RunRequestHead, readRunResponse } from "../src/wire/hot-path/index.ts";
import { Status, statusName } from "../src/wire/status.ts";
import type { Runner } from "./runner.ts";

export function tracedRun(tracing: Tracing, run: Runner["run"]): Runner["run"] {
  const { api } = tracing;
  keepContexts();
  return (request, context) => {
    const head = headOf(request);
    if (head === undefined) return run(request, context);
    const parent = contextOf(tracing, traceText(head.trace?.traceparent, head.trace?.tracestate));
    const span = startSpan(tracing, head, parent);
    return api.context.with(api.trace.setSpan(parent, span), () => {
      try {
        const response = run(request, context);
        if (response instanceof Uint8Array) return ended(tracing, span, response);
        return response.then(
          (bytes) => ended(tracing, span, bytes),
          (error) => failed(tracing, span, error),
        );
      } catch (error) {
        return failed(tracing, span, error);
      }
    });
  };
}

/** A runner answers what its functions throw: this is a fault of its own, for the thread to answer. */
function failed(tracing: Tracing, span: Span, error: unknown): never {
  failSpan(tracing, span, "PERMANENT_ERROR", String(error));
  span.end();
  throw error;
}

/** What is no request is answered by the runner. */
function headOf(request: Uint8Array): RunRequestHead | undefined {
  try {
    return peekRunRequest(request);
  } catch {
    return undefined;
  }
}

function startSpan(
  { tracer, api }: Tracing,
  head: RunRequestHead,
  parent: Parameters<typeof tracer.startSpan>[2],
): Span {
  const { function: name, dispatchId, hasPollResult } = head;
  return tracer.startSpan(
    `execute ${bounded(name)}`,
    {
      kind: api.SpanKind.INTERNAL,
      attributes: {
        ...callAttributes("execute", name),
        "dispatch.id": dispatchId,
        "dispatch.resumes": hasPollResult,
      },
    },
    parent,
  );
}

function ended(tracing: Tracing, span: Span, response: Uint8Array): Uint8Array {
  if (span.isRecording()) describe(tracing, span, response);
  span.end();
  return response;
}

function describe(tracing: Tracing, span: Span, bytes: Uint8Array): void {
  try {
    const { status, exit, poll } = readRunResponse(bytes);
    const name = statusName(status);
    span.setAttributes({ "dispatch.status": name, "dispatch.suspends": poll !== undefined });
    if (poll !== undefined) span.setAttribute("dispatch.calls", poll.calls.length);
    const error = exit?.result?.error;
    if (status !== Status.OK) {
      failSpan(tracing, span, name, error === undefined ? "" : `${error.type}: ${error.message}`);
    }
  } catch {
    failSpan(tracing, span, "INVALID_RESPONSE", "the response cannot be read");
  }
}
