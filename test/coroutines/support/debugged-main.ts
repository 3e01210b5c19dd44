/** A thread that compiles what it imports, as those of a pool do, and runs a function each time it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import { registerCompiler } from "../../../src/compiler/index.ts";
import { runtimeUrl } from "../../../src/coroutine/runtime-url.ts";
import { runCoroutine, throughBytes } from "../../../src/coroutine/testing/driver.ts";

const { module, name, args } = workerData as { module: string; name: string; args: unknown[] };
registerCompiler({ runtimeUrl, exclude: [new URL("../../../src", import.meta.url).pathname] });
const functions = (await import(module)) as Record<string, () => unknown>;
parentPort!.postMessage("loaded");
parentPort!.once("message", async () => {
  parentPort!.postMessage(await runCoroutine(functions[name]!, args, { between: throughBytes() }));
  parentPort!.close();
});
