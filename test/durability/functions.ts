// Functions for the tests of durability: how often each call ran is counted in files, which outlive the process.
import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { dispatch } from "dispatch-ts";

/** Fails so often before it succeeds; every run of it leaves a byte in the file of its name. */
export const flaky = dispatch.function("flaky", (folder: string, name: string, failures: number): string => {
  const file = join(folder, name);
  appendFileSync(file, "x");
  if (statSync(file).size <= failures) throw Object.assign(new Error("not yet"), { code: "ECONNREFUSED" });
  return `${name} is done`;
});

export const greet = dispatch.function("greet", (name: string) => `Hello, ${name}!`);

export const refuse = dispatch.function("refuse", (reason: string): never => {
  throw new TypeError(reason);
});

/** Takes longer than any test. */
export const hang = dispatch.function(
  "hang",
  () => new Promise<void>((resolve) => setTimeout(resolve, 600_000).unref()),
);

/** Dispatches another call by hand, and does not wait for it. */
export const dispatchGreet = dispatch.function("dispatchGreet", (name: string) => greet.dispatch(name));

/** Leaves a line in the log. Whoever is the first to leave this one then waits until the process is killed. */
async function mark(folder: string, line: string): Promise<void> {
  const log = join(folder, "log");
  appendFileSync(log, `${line}\n`);
  const times = readFileSync(log, "utf8")
    .split("\n")
    .filter((one) => one === line).length;
  if (times === 1) await new Promise(() => {});
}

export const step = dispatch.function("step", async (folder: string, index: number) => {
  await mark(folder, `in ${index}`);
  return 10 ** index;
});

/** Steps one after the other; the process is to be killed inside of each, and after each. */
export const pipeline = dispatch.function("pipeline", async (folder: string, steps: number) => {
  let total = 0;
  for (let index = 0; index < steps; index++) {
    total += await step(folder, index);
    await mark(folder, `after ${index}`);
  }
  return total;
});

/** As a crash of native code, or the system when memory runs out: not by means that a thread sees through. */
export const kill = dispatch.function("kill", (folder: string) => {
  appendFileSync(join(folder, "kills"), "x");
  execFileSync("kill", ["-9", String(process.pid)]);
});

let underWay = 0;

/** Takes its time. */
export const linger = dispatch.function("linger", async (folder: string, name: string, ms: number) => {
  appendFileSync(join(folder, name), "x");
  await new Promise((resolve) => setTimeout(resolve, ms));
  return `${name} is done`;
});

/** One at a time: gives how many are under way. */
export const solo = dispatch.function(
  "solo",
  async () => {
    underWay += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const count = underWay;
    underWay -= 1;
    return count;
  },
  { concurrencyMax: 1 },
);
