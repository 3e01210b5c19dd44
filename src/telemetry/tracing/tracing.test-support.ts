/** For tests: an SDK in this thread that keeps its spans in memory. */

import type { TestContext } from "node:test";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { installedTracing, type Tracing } from "./index.ts";

export interface Recorder {
  readonly tracing: Tracing;
  /** Ended so far, in the order of their ends. */
  spans(): ReadableSpan[];
  named(name: string): ReadableSpan;
}

export function recordSpans(t: TestContext): Recorder {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  t.after(() => {
    trace.disable();
    context.disable();
  });
  return {
    tracing: installedTracing()!,
    spans: () => exporter.getFinishedSpans(),
    named(name) {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name);
      if (found.length !== 1) throw new Error(`${found.length} spans are named ${name}`);
      return found[0]!;
    },
  };
}
