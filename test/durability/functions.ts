// Functions for the tests of durability: how often each call ran is counted in files, which outlive the process.
import { appendFileSync, statSync } from "node:fs";
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
