import assert from "node:assert/strict";
import { test } from "node:test";
import type { Mutation } from "./faults.ts";
import { SimulationError, simulate } from "./simulation.ts";

const long = process.env.DISPATCH_TEST_LONG !== undefined;
const one = Number(process.env.DISPATCH_TEST_SEED ?? 0);
/** First seed and how many: in parts, each within a test's time. */
const parts: [number, number][] =
  one > 0 ? [[one, 1]] : long ? Array.from({ length: 20 }, (_, part) => [part * 100 + 1, 100]) : [[1, 50]];

for (const [first, count] of parts) {
  const seeds = `seeds ${first} to ${first + count - 1}`;
  test(`nothing acknowledged is lost and every call ends, whatever fails (${seeds})`, async (context) => {
    const totals = { runs: 0, commits: 0, crashes: 0, losses: 0, roots: 0 };
    for (let seed = first; seed < first + count; seed++) {
      const report = await simulate({ seed });
      totals.runs += report.runs;
      totals.commits += report.commits;
      totals.crashes += report.crashes;
      totals.losses += report.losses;
      totals.roots += report.roots;
    }
    context.diagnostic(`${seeds}: ${JSON.stringify(totals)}`);
    if (count === 1) return;
    assert.ok(totals.crashes > count / 4, "it crashes often enough to mean something");
    assert.ok(totals.losses > count / 4, "it loses its store often enough to mean something");
  });
}

for (const mutation of ["acknowledge_early", "torn_commit"] satisfies Mutation[]) {
  test(`a seed fails when a rule is broken: ${mutation}`, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      try {
        await simulate({ seed, mutation });
      } catch (error) {
        assert.ok(error instanceof SimulationError, String(error));
        assert.match(error.message, new RegExp(`^seed ${seed} with ${mutation}`));
        return;
      }
    }
    assert.fail(`40 seeds passed with ${mutation}`);
  });
}

test("a seed repeats itself exactly", async () => {
  assert.deepEqual(await simulate({ seed: 7 }), await simulate({ seed: 7 }));
});
