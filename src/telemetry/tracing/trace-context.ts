/**
 * W3C Trace Context as one text, which is how a call carries it through the store: the traceparent, and after a space
 * the tracestate where there is one.
 *
 * Source: https://www.w3.org/TR/trace-context/
 */

/** As both headers have it, valid. */
export interface TraceHeaders {
  readonly traceparent: string;
  /** Empty: none. */
  readonly tracestate: string;
}

/** A tracestate longer than this is dropped: receivers need not pass more on, and every call of a tree stores it. */
export const TRACESTATE_LENGTH_MAX = 512;

/** Version, trace id, parent id, flags; versions to come may add to it. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** The text of what came from outside; null for what is absent or malformed, which is to count as absent. */
export function traceText(traceparent: unknown, tracestate: unknown = ""): string | null {
  // Nobody's traceparent is longer; what is said after the known parts is not passed on.
  if (typeof traceparent !== "string" || traceparent.length > 256) return null;
  const match = TRACEPARENT.exec(traceparent);
  if (match === null) return null;
  const [, version, traceId, spanId, flags, more] = match;
  if (version === "00" && more !== undefined) return null;
  const parent = `00-${traceId}-${spanId}-${flags}`;
  return isState(tracestate) ? `${parent} ${tracestate.trim()}` : parent;
}

/** The other way; the text must be one that {@link traceText} made. */
export function traceHeaders(text: string): TraceHeaders {
  return { traceparent: text.slice(0, PARENT_LENGTH), tracestate: text.slice(PARENT_LENGTH + 1) };
}

const PARENT_LENGTH = 55;

function isState(tracestate: unknown): tracestate is string {
  return (
    typeof tracestate === "string" &&
    tracestate.length <= TRACESTATE_LENGTH_MAX &&
    tracestate.trim() !== "" &&
    PRINTABLE.test(tracestate)
  );
}
