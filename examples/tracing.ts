// Sends the spans of calls to an OpenTelemetry collector (or anything that speaks OTLP over HTTP), and with them those of
// libraries that are instrumented. With a collector on this machine:
//   npm install --save-dev @opentelemetry/api @opentelemetry/sdk-trace @opentelemetry/context-async-hooks \
//     @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources
//   dispatch serve functions.ts --setup-modules tracing.ts
// It is loaded in the process and once in each of its threads. OTEL_EXPORTER_OTLP_ENDPOINT says where the collector is;
// default: http://localhost:4318.
import { isMainThread, threadId } from "node:worker_threads";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const provider = new TracerProvider({
  resource: resourceFromAttributes({
    "service.name": process.env.OTEL_SERVICE_NAME ?? "orders",
    "thread.id": isMainThread ? 0 : threadId,
  }),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
trace.setGlobalTracerProvider(provider);

// Called before a thread or the process ends: what was gathered is still sent.
export const shutdown = () => provider.shutdown();
