/**
 * The test suites that packages ship, files unchanged: package and tests are compiled, each test is a coroutine, and
 * nothing but bytes is left of it while it waits. Once as the files stand, where timers suspend; once with a durable
 * call behind every await of package and tests.
 */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beginCounting } from "./support/suites/awaits.ts";
import type { Collected } from "./support/suites/collected.ts";
import { loadTests, type Way } from "./support/suites/load.ts";
import { runNatively, runThroughBytes } from "./support/suites/run.ts";

const packages = fileURLToPath(new URL("../../node_modules/", import.meta.url));
const isLong = process.env.DISPATCH_TEST_LONG === "1";

const SUITES = [
  // Queues, schedulers, cancellation, mapping and searching with limited concurrency: ES modules, for Jest. Some of its
  // tests keep a thousand tasks in flight, which takes half a minute.
  { name: "modern-async", files: "src/*.test.mjs", testsMin: 179, heavy: /same queue|cancel scheduled busy/ },
  // Async generators that work ahead and in batches: CommonJS, for node:test.
  { name: "hwp", files: "test/*.js", testsMin: 28, heavy: null },
];

for (const { name, files, testsMin, heavy } of SUITES) {
  const urls = globSync(`${packages}${name}/${files}`)
    .toSorted()
    .map((file) => pathToFileURL(file));

  const failuresOf = async (way: Way, run: (one: Collected) => Promise<void>) => {
    const failures: unknown[] = [];
    let found = 0;
    for (const url of urls) {
      for (const one of await loadTests(url, way)) {
        found++;
        if (heavy?.test(one.name) && !isLong) continue;
        await run(one).catch((error) => failures.push(`${one.name}: ${error?.stack ?? error}`));
      }
    }
    assert(found >= testsMin, `${found} tests found`);
    return failures;
  };

  test(`${name}: its tests pass natively`, { skip: !isLong }, async (t) => {
    t.mock.method(console, "error", () => {});
    assert.deepEqual(await failuresOf("native", runNatively), []);
  });

  for (const way of ["compiled", "every"] as const) {
    const what = way === "every" ? "with each await suspended" : "suspended at its timers";
    test(`${name}: its tests pass through bytes, ${what}`, async (t) => {
      t.mock.method(console, "error", () => {});
      const counts = beginCounting();
      const suspensionsMax = isLong ? 500 : 50;
      assert.deepEqual(await failuresOf(way, (one) => runThroughBytes(one, { suspensionsMax })), []);
      const { awaits, throughBytes, snapshots, inPlace } = counts;
      assert(snapshots > 100, `${snapshots} times through bytes`);
      assert(inPlace < snapshots / 100, `${inPlace} of ${snapshots} suspensions were in place`);
      if (way === "compiled") {
        t.diagnostic(`${snapshots} times through bytes`);
        return;
      }
      const share = throughBytes / awaits;
      t.diagnostic(`${throughBytes} of ${awaits} awaits went through bytes, in ${snapshots} snapshots`);
      assert(share > 0.6, `${share} of the awaits went through bytes`);
    });
  }
}
