import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Counter, Histogram, Registry } from "prom-client";
import { FoldedCounter, FoldedHistogram } from "./folded.ts";

const FAMILY = { name: "x", help: "Help.", labelNames: ["function"] };
const BOUNDS = [0.001, 0.1, 5];
const observation = fc.tuple(fc.constantFrom("f", 'g"\\\n'), fc.double({ min: 0, max: 10, noNaN: true }));

test("a folded histogram shows what prom-client's own shows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const folded = new FoldedHistogram(own, FAMILY, BOUNDS);
      const reference = new Histogram({ ...FAMILY, buckets: BOUNDS, registers: [theirs] });
      for (const [name, value] of observations) {
        folded.observe([name], value);
        reference.observe({ function: name }, value);
      }
      assert.deepEqual(lines(await own.metrics()), lines(await theirs.metrics()));
    }),
    { seed: 1, numRuns: 50 },
  );
});

test("a folded counter shows what prom-client's own shows", async () => {
  const [own, theirs] = [new Registry(), new Registry()];
  const folded = new FoldedCounter(own, { ...FAMILY, labelNames: ["a", "b"] });
  const reference = new Counter({ ...FAMILY, labelNames: ["a", "b"], registers: [theirs] });
  for (const [a, b] of [
    ["1", "2"],
    ["1", "2"],
    ["12", ""],
  ] as const) {
    folded.add([a, b], 2);
    reference.inc({ a, b }, 2);
  }
  assert.deepEqual(lines(await own.metrics()), lines(await theirs.metrics()));
});

/** prom-client writes labels of buckets in another order; the order of lines and labels has no meaning. */
function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) =>
      line.replace(
        /\{(.*)\}/,
        (_, labels: string) =>
          `{${labels
            .split(/,(?=\w+=)/)
            .sort()
            .join(",")}}`,
      ),
    )
    .sort();
}
