import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { replaceResults, replaceSection } from "./docs.ts";
import { type BenchResult, RESULT_FORMAT } from "./result.ts";
import { spreadOf } from "./stats.ts";

const page = readFileSync(new URL("../../docs/benchmarks.md", import.meta.url), "utf8");

const result: BenchResult = {
  format: RESULT_FORMAT,
  startedAt: "2026-01-02T03:04:05.000Z",
  commit: "abc1234",
  size: "real",
  seed: 1,
  machine: { cpu: "a processor", cores: 2, memoryMiB: 2048, os: "Linux 6", node: "v24.0.0", pinned: true },
  durationSeconds: 1,
  measurements: [
    {
      scenario: "trivial",
      mode: "pool",
      unit: "calls/s",
      rate: spreadOf([1000, 1100, 1200]),
      rates: [1000, 1100, 1200],
      errors: 0,
      checksum: "",
      extra: { fsyncsPerUnit: 0.125 },
    },
  ],
};

test("the results of the benchmarks page are replaced, and nothing else of it", () => {
  const once = replaceResults(page, result);
  assert.match(once, /\| pool \| 1,100 calls\/s \| 9 % \|.*\| 0\.125 \|/);
  assert.match(once, /Commit `abc1234`, 2026-01-02/);
  assert.equal(replaceResults(once, result), once);
  const outside = (text: string) =>
    text.replace(/(<!-- results: start[^>]*-->)[\s\S]*(<!-- results: end -->)/, "$1$2");
  assert.equal(outside(once), outside(page));
});

test("a page without a place for results is refused", () => {
  assert.throws(() => replaceResults("# Benchmarks", result), /no section for results/);
});

test("the figures of the peers have a section of their own", () => {
  const replaced = replaceSection(page, "peers", "faster\n");
  assert.match(replaced, /<!-- peers: start; written by [^>]*-->\n\nfaster\n\n<!-- peers: end -->/);
  assert.equal(replaceSection(replaced, "peers", "faster"), replaced);
  assert.equal(
    replaceResults(replaced, result),
    replaceSection(replaceResults(page, result), "peers", "faster"),
  );
});
