// npm run bench: measures the service in several scenarios, writes JSON and an HTML report.
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { updateDocs } from "./harness/docs.ts";
import { describeCommit, describeMachine } from "./harness/machine.ts";
import { choosePinning } from "./harness/processes.ts";
import { writeReport } from "./harness/report.ts";
import {
  type BenchResult,
  type Measurement,
  RESULT_FORMAT,
  type Size,
  writeResult,
} from "./harness/result.ts";
import type { Scenario } from "./harness/scenario.ts";
import { ProcessShelf } from "./harness/shelf.ts";
import { renderExtras, renderMeasurements, renderRatios, renderTable } from "./harness/table.ts";
import { scenarios } from "./scenarios/index.ts";

interface Options {
  size: Size;
  scenario?: string[];
  mode: string;
  list?: boolean;
  repeats?: number;
  seconds?: number;
  connections: number;
  seed: number;
  pin: boolean;
  subjectCores?: string;
  storeFolder?: string;
  out: string;
  json?: boolean;
  updateDocs?: string;
}

const positive = (text: string) => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("must be a number above 0");
  return value;
};

const options = new Command("bench")
  .description(
    "Measure the service: each scenario runs the real service in a process of its own, load from another.",
  )
  .addOption(
    new Option("--size <size>", "smoke (seconds, for CI) or real (minutes)")
      .choices(["smoke", "real"])
      .default("real"),
  )
  .option("--scenario <names...>", "only these scenarios (see --list); a * at the end stands for anything")
  .option("--mode <text>", "of scenarios with a scheduler only the modes with this in their name", "")
  .option("--list", "list the scenarios and what they do not measure")
  .option("--repeats <n>", "repeats of each measurement (default: 3, smoke: 1)", positive)
  .option("--seconds <n>", "seconds of each burst (default: 4, smoke: 0.2)", positive)
  .option("--connections <n>", "HTTP connections of the load generator", positive, 64)
  .option("--seed <n>", "seed of everything random", positive, 1)
  .option("--no-pin", "do not pin server and load generator to different cores")
  .option(
    "--subject-cores <list>",
    "cores of the process under test, as taskset takes them (default: all but the last)",
  )
  .option(
    "--store-folder <dir>",
    "where stores are made; on the disk to measure (default: that for temporary files)",
  )
  .option("--out <dir>", "where JSON and report go", fileURLToPath(new URL("results", import.meta.url)))
  .option("--update-docs <result>", "write a result's figures into docs/benchmarks.md and measure nothing")
  .option("--json", "print the result as JSON and nothing else")
  .parse(process.argv)
  .opts<Options>();

if (options.list) printList();
else if (options.updateDocs !== undefined) updateDocs(options.updateDocs);
else await run();

async function run(): Promise<void> {
  const smoke = options.size === "smoke";
  const pinning = choosePinning(options.pin, options.subjectCores);
  const progress = (text: string) => {
    if (!options.json) process.stderr.write(`${text}\n`);
  };
  const startedAt = new Date();
  const measurements: Measurement[] = [];
  const shelf = new ProcessShelf(smoke);
  try {
    for (const scenario of chosen()) {
      progress(`${scenario.name}: ${scenario.summary}`);
      const done = await scenario.run({
        size: options.size,
        seconds: options.seconds ?? (smoke ? 0.2 : 4),
        secondsGiven: options.seconds,
        warmupSeconds: smoke ? 0.1 : 2,
        repeats: options.repeats ?? (smoke ? 1 : 3),
        connections: options.connections,
        mode: options.mode,
        seed: options.seed,
        pinning,
        shelf,
        storeFolder: options.storeFolder === undefined ? {} : { folder: options.storeFolder },
        subjectCores: pinning.enabled ? pinning.subject : undefined,
        generatorCores: pinning.enabled ? pinning.generator : undefined,
        progress: (text) => progress(`  ${text}`),
      });
      measurements.push(...done);
    }
  } finally {
    await shelf.close();
  }
  const result: BenchResult = {
    format: RESULT_FORMAT,
    startedAt: startedAt.toISOString(),
    commit: describeCommit(),
    size: options.size,
    seed: options.seed,
    machine: describeMachine(pinning.enabled),
    durationSeconds: (Date.now() - startedAt.getTime()) / 1000,
    scenarios: chosen().map(({ run: _, onRequest: __, ...note }) => note),
    measurements,
  };
  const name = `${options.out}/${startedAt.toISOString().replaceAll(":", "-").slice(0, 19)}-${options.size}`;
  writeResult(`${name}.json`, result);
  writeReport(`${name}.html`, result);
  if (options.json) console.log(JSON.stringify(result, null, 1));
  else {
    const tables = [renderMeasurements(measurements), renderExtras(measurements), renderRatios(measurements)];
    console.log(`\n${tables.join("\n\n")}`);
    console.log(`\nwrote ${name}.json and ${name}.html`);
  }
  if (measurements.some((measurement) => measurement.errors > 0)) {
    console.error("some measurements had errors: their figures are void");
    process.exitCode = 1;
  }
}

function chosen(): Scenario[] {
  if (options.scenario === undefined) return scenarios.filter((scenario) => !scenario.onRequest);
  return options.scenario.flatMap((name) => {
    const found = scenarios.filter(
      (scenario) =>
        scenario.name === name || (name.endsWith("*") && scenario.name.startsWith(name.slice(0, -1))),
    );
    if (found.length === 0) {
      console.error(
        `no scenario ${name}; there are: ${scenarios.map((scenario) => scenario.name).join(", ")}`,
      );
      process.exit(2);
    }
    return found;
  });
}

function printList(): void {
  console.log(
    renderTable(
      ["scenario", "measures", "does not measure"],
      scenarios.map((scenario) => [scenario.name, scenario.summary, scenario.notMeasured]),
    ),
  );
}
