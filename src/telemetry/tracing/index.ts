export { TRACESTATE_LENGTH_MAX, type TraceHeaders, traceHeaders, traceText } from "./trace-context.ts";
export {
  type Attributes,
  activeTrace,
  bounded,
  type Context,
  callAttributes,
  contextOf,
  failSpan,
  installedTracing,
  type Span,
  type Tracing,
  textOf,
} from "./tracing.ts";
