import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beginCounting } from "./support/suites/awaits.ts";
import { loadTests } from "./support/suites/load.ts";
import { runNatively, runThroughBytes } from "./support/suites/run.ts";
const root = fileURLToPath(new URL("../../node_modules/", import.meta.url));
for (const [name, glob] of Object.entries({ "modern-async": "src/*.test.mjs", hwp: "test/*.js" })) {
  const files = globSync(`${root}${name}/${glob}`).toSorted().map((file) => pathToFileURL(file));
  for (const way of ["native", "compiled", "every"] as const)
    if (!process.env.WAY || process.env.WAY === way) test(`${name} ${way}`, async (t) => {
      const counts = beginCounting();
      let n = 0;
      for (const file of files) {
        let tests; try { tests = await loadTests(file, way);} catch (e) { console.log("LOAD", file.href, e); continue; }
        for (const one of tests) { if (process.env.ONLY && !one.name.includes(process.env.ONLY)) continue;
          n++; if (process.env.TRACE) console.log(file.pathname.split("/").at(-1), one.name);
          const t0 = performance.now(), s0={...counts}; try { await (way === "native" ? runNatively : runThroughBytes)(one); }
          catch (e) { console.log("FAIL", way, file.pathname.split("/").at(-1), one.name, e instanceof Error ? e.stack?.slice(0, 600) : e); }
          if (performance.now()-t0 > 200) console.log('SLOW', one.name, Math.round(performance.now()-t0), counts.snapshots-s0.snapshots, counts.bytes-s0.bytes);
        }
      }
      t.diagnostic(`${n} tests ${JSON.stringify(counts)}`);
    });
}
