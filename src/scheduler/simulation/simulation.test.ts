import assert from "node:assert/strict";
import { test } from "node:test";
import type { Mutation } from "./faults.ts";
import { SimulationError, simulate } from "./simulation.ts";

const long = process.env.DISPATCH_TEST_LONG !== undefined;
const first = Number(process.env.DISPATCH_TEST_SEED ?? 1);
const count = process.env.DISPATCH_TEST_SEED !== undefined ? 1 : long ? 2000 : 50;

test(`nothing acknowledged is lost and every call ends, whatever fails (${count} seeds)`, async (context) => {
  const totals = { runs: 0, commits: 0, crashes: 0, roots: 0 };
  for (let seed = first; seed < first + count; seed++) {
    const report = await simulate({ seed });
    totals.runs += report.runs;
    totals.commits += report.commits;
    totals.crashes += report.crashes;
    totals.roots += report.roots;
  }
  context.diagnostic(`seeds ${first} to ${first + count - 1}: ${JSON.stringify(totals)}`);
  if (count > 1)
    assert.ok(totals.crashes > count / 4, "the simulation crashes often enough to mean something");
});

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
