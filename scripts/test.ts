// Runs the tests: the suite of every day, or with --long the longer fuzz, simulation and endurance runs.
// Further arguments are files or globs (default: all) and options of `node --test`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
const long = args.includes("--long");
const options = args.filter((arg) => arg.startsWith("-") && arg !== "--long");
const files = args.filter((arg) => !arg.startsWith("-"));

const run = spawnSync(
  process.execPath,
  [
    "--conditions=dispatch-source",
    "--disable-warning=ExperimentalWarning",
    "--test",
    "--test-timeout=120000",
    ...options,
    ...(files.length > 0
      ? files
      : ["src/**/*.test.ts", "bench/**/*.test.ts", "workers/**/*.test.ts", "test/**/*.test.ts"]),
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...(long ? { DISPATCH_TEST_LONG: "1" } : {}) } },
);
process.exit(run.status ?? 1);
