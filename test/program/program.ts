// A program with a service of its own, as `dispatch.run` makes it. Its arguments: the store, and what to do.
import { isMainThread } from "node:worker_threads";
import { dispatch } from "dispatch-ts";

const [, , storePath, task] = process.argv as [string, string, string, string];
const options = { storePath, logLevel: "error", threadsMax: 1 } as const;
const print = (line: string) => process.stdout.write(`${line}\n`);

const double = dispatch.function("double", async (n: number) => 2 * n);

dispatch.function("where", async () => isMainThread);
const quadruple = dispatch.function("quadruple", async (n: number) => {
  const [a, b] = await Promise.all([double(n), double(n)]);
  await dispatch.sleep(1);
  return a + b;
});

if (task === "run") {
  const result = await dispatch.run(async () => {
    print(`in the main thread: ${await dispatch.call({ function: "where" })}`);
    return await quadruple(5);
  }, options);
  if (isMainThread) print(`result: ${result}`);
} else if (task === "throw") {
  await dispatch.run(() => Promise.reject(new Error("from main")), options);
} else {
  await dispatch.serve({ ...options, endpointAddr: "localhost:0", logLevel: "info", logFormat: "json" });
  if (isMainThread) print("served");
}
