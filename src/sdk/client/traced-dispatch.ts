/** The span of a dispatch; its trace goes on with the calls. */
import { bounded, callAttributes, failSpan, type Tracing, textOf } from "../../telemetry/tracing/index.ts";
import type { AnySource, Call } from "../../wire/hot-path/index.ts";
import { withTrace } from "../call.ts";
import { ClientError } from "./client-error.ts";

type Message = Call<AnySource>;

/** Ids in a span, of a batch that may have thousands of calls. */
const IDS_MAX = 100;

/** Dispatches calls that are to be recorded together, as one span. */
export async function tracedDispatch(
  tracing: Tracing,
  calls: Message[],
  dispatch: (calls: Message[]) => Promise<string[]>,
): Promise<string[]> {
  const { api, tracer } = tracing;
  const names = new Set(calls.map((call) => call.function));
  const [name] = names.size === 1 ? names : ["(several)"];
  const span = tracer.startSpan(`dispatch ${bounded(name!)}`, {
    kind: api.SpanKind.CLIENT,
    attributes: {
      ...callAttributes("dispatch", name!),
      "messaging.operation.type": "send",
      ...(calls.length > 1 && { "messaging.batch.message_count": calls.length }),
    },
  });
  const trace = textOf(span);
  try {
    const ids = await dispatch(calls.map((call) => ({ ...call, options: withTrace(call.options, trace) })));
    if (ids.length === 1) span.setAttributes({ "messaging.message.id": ids[0]!, "dispatch.id": ids[0]! });
    else span.setAttribute("dispatch.ids", ids.slice(0, IDS_MAX));
    return ids;
  } catch (error) {
    const code = error instanceof ClientError ? error.code : "canceled";
    failSpan(tracing, span, code, error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    span.end();
  }
}
