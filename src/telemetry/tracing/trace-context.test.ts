import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TRACESTATE_LENGTH_MAX, traceHeaders, traceText } from "./trace-context.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("both headers are one text, and come back as they were", () => {
  assert.deepEqual(traceHeaders(traceText(PARENT)!), { traceparent: PARENT, tracestate: "" });
  assert.deepEqual(traceHeaders(traceText(PARENT, "a=1, b=x y")!), {
    traceparent: PARENT,
    tracestate: "a=1, b=x y",
  });
});

test("what is malformed counts as absent", () => {
  const malformed: [what: string, traceparent: unknown][] = [
    ["absent", undefined],
    ["given twice", [PARENT, PARENT]],
    ["empty", ""],
    ["no ids", "00-01"],
    ["upper case", PARENT.toUpperCase()],
    ["a trace id of zeros", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["a span id of zeros", `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`],
    ["the forbidden version", `ff${PARENT.slice(2)}`],
    ["more than version 00 has", `${PARENT}-what`],
    ["no flags", PARENT.slice(0, -3)],
    ["a line break", `${PARENT}\n`],
    ["without end", `01${PARENT.slice(2)}-${"x".repeat(10_000)}`],
  ];
  for (const [what, traceparent] of malformed) assert.equal(traceText(traceparent, "a=1"), null, what);
});

test("of a later version the known parts are passed on", () => {
  assert.equal(traceText(`01${PARENT.slice(2)}-more-to-come`), PARENT);
});

test("a tracestate that cannot be passed on is dropped, and the trace goes on without it", () => {
  for (const tracestate of ["", " ", "a=é", "a=1\nb=2", ["a=1"], `a=${"x".repeat(TRACESTATE_LENGTH_MAX)}`]) {
    assert.equal(traceText(PARENT, tracestate), PARENT);
  }
});

test("whatever is said, the text is null or a valid traceparent with a bounded tracestate", () => {
  const nearly = fc.record({ at: fc.nat(60), with: fc.string({ unit: "binary", maxLength: 3 }) });
  fc.assert(
    fc.property(nearly, fc.string({ unit: "binary" }), (change, tracestate) => {
      const text = traceText(
        PARENT.slice(0, change.at) + change.with + PARENT.slice(change.at + 1),
        tracestate,
      );
      if (text === null) return;
      const headers = traceHeaders(text);
      assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
      assert.equal(traceText(headers.traceparent, headers.tracestate), text);
    }),
    { seed: 3 },
  );
});
