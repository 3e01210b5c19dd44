// npm run bench:compare BEFORE AFTER: says what changed between two results, noise allowed for.
import { Command } from "commander";
import { compareResults, whyIncomparable } from "./harness/compare.ts";
import { readResult } from "./harness/result.ts";
import { renderComparisons } from "./harness/table.ts";

const command = new Command("bench:compare")
  .description(
    "Compare two bench results. A difference counts when it is larger than the repeats' own spread.",
  )
  .argument("<before>", "JSON written by an earlier bench run")
  .argument("<after>", "JSON written by a later bench run")
  .option("--json", "print JSON instead of a table")
  .option("--fail", "exit with 1 when anything is slower or failed")
  .parse(process.argv);

const [before, after] = command.args.map((file) => {
  try {
    return readResult(file);
  } catch (error) {
    return refuse((error as Error).message);
  }
});
const incomparable = whyIncomparable(before!, after!);
if (incomparable !== undefined) refuse(incomparable);
const { json, fail } = command.opts<{ json?: boolean; fail?: boolean }>();
const rows = compareResults(before!, after!);
if (json) console.log(JSON.stringify(rows, null, 1));
else if (rows.length === 0) console.log("the two results have no scenario and mode in common");
else console.log(renderComparisons(rows));
if (before!.machine.cpu !== after!.machine.cpu)
  console.error("note: the results come from different processors");
if (fail && rows.some((row) => row.verdict === "slower" || row.verdict === "failed")) process.exitCode = 1;

function refuse(message: string): never {
  console.error(`error: ${message}`);
  process.exit(2);
}
