/**
 * OpenTelemetry, where somebody has installed an SDK. The API package is loaded only then: loading it takes longer than
 * everything else that a thread needs of its own, and without an SDK it does nothing.
 */
import { createRequire } from "node:module";
import type * as Api from "@opentelemetry/api";
import { traceHeaders, traceText } from "./trace-context.ts";

export type { Attributes, Context, Span } from "@opentelemetry/api";

export interface Tracing {
  readonly api: typeof Api;
  readonly tracer: Api.Tracer;
}

/** Under this symbol every copy of the API of major version 1 keeps what is installed. */
const GLOBAL = Symbol.for("opentelemetry.js.api.1");

let found: { readonly provider: object; readonly tracing: Tracing } | undefined;

/** Undefined while no tracer provider is installed in this thread. Cheap enough to be asked for every call. */
export function installedTracing(): Tracing | undefined {
  const provider = (globalThis as { [GLOBAL]?: { trace?: object } })[GLOBAL]?.trace;
  if (provider === undefined) return undefined;
  if (found?.provider !== provider) found = { provider, tracing: load() };
  return found.tracing;
}

function load(): Tracing {
  const api = createRequire(import.meta.url)("@opentelemetry/api") as typeof Api;
  return { api, tracer: api.trace.getTracer("dispatch-ts") };
}

/** The context in which a span continues the trace; a context without a trace for null. */
export function contextOf({ api }: Tracing, text: string | null): Api.Context {
  if (text === null) return api.ROOT_CONTEXT;
  const { traceparent, tracestate } = traceHeaders(text);
  return api.trace.setSpanContext(api.ROOT_CONTEXT, {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53, 55), 16),
    isRemote: true,
    ...(tracestate !== "" && { traceState: api.createTraceState(tracestate) }),
  });
}

/** The text by which a span's trace goes on elsewhere; null for a span that is in no trace. */
export function textOf(span: Api.Span | undefined): string | null {
  if (span === undefined) return null;
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const flags = (traceFlags & 0xff).toString(16).padStart(2, "0");
  return traceText(`00-${traceId}-${spanId}-${flags}`, traceState?.serialize());
}

/** The text of the span that the running code is in. */
export function activeTrace({ api }: Tracing): string | null {
  return textOf(api.trace.getActiveSpan());
}

/** Texts from outside, in a span, are no longer than this. */
const TEXT_LENGTH_MAX = 1_000;

/** Marks a span as failed and records why. `status` is the name of a `Status`, or a code of the Connect protocol. */
export function failSpan({ api }: Tracing, span: Api.Span, status: string, error: string): void {
  const message = bounded(error);
  span.setAttribute("error.type", status);
  span.recordException({ name: status, message });
  span.setStatus({ code: api.SpanStatusCode.ERROR, message: `${status}: ${message}` });
}

export function bounded(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}

/** What every span of a call has. Names are those of the semantic conventions for messaging where there is one. */
export function callAttributes(operation: string, functionName: string): Api.Attributes {
  const name = bounded(functionName);
  return {
    "messaging.system": "dispatch",
    "messaging.operation.name": operation,
    "messaging.destination.name": name,
    "dispatch.function": name,
  };
}
