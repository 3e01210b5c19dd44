import { traceHeaders } from "../../telemetry/tracing/index.ts";

/**
 * The trace of a run as HTTP has it: for proxies and endpoints of other languages that are instrumented. The request
 * itself says it too.
 */
export function traceHeadersOf(trace: string | null): Record<string, string> {
  if (trace === null) return {};
  const { traceparent, tracestate } = traceHeaders(trace);
  return tracestate === "" ? { traceparent } : { traceparent, tracestate };
}
