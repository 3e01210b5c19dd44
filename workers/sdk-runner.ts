/** The runner of functions made with the SDK: loads their modules, hands each request to the registries. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolveOwnPackage } from "../src/config/own-package.ts";
import type { FunctionInfo } from "../src/pool/protocol.ts";
import { openRegistries, run, setInsideService } from "../src/sdk/index.ts";
import { installedTracing } from "../src/telemetry/tracing/index.ts";
import type { CreateRunner, Runner, SetupModule } from "./runner.ts";

export const createRunner: CreateRunner = async (modules, setupModules = [], env = process.env, notice?) => {
  resolveOwnPackage();
  setInsideService(true);
  const setups: SetupModule[] = [];
  for (const url of setupModules) {
    const setup = (await import(url)) as SetupModule;
    await setup.setup?.(env, notice);
    setups.unshift(setup);
  }
  for (const module of modules) await load(module);
  return { functions: catalog(), run: await runWithSpans(), shutdown: () => shutDown(setups) };
};

/** As it is where no SDK for tracing is installed: a run then costs nothing more. */
async function runWithSpans(): Promise<Runner["run"]> {
  const tracing = installedTracing();
  if (tracing === undefined) return run;
  const { tracedRun } = await import("./traced-run.ts");
  return tracedRun(tracing, run);
}

async function shutDown(setups: readonly SetupModule[]): Promise<void> {
  for (const setup of setups) await setup.shutdown?.();
}

/** One after the other: functions are registered in the order of the modules, whatever they await at load. */
async function load(module: string): Promise<void> {
  const url = module.startsWith("file:") ? module : pathToFileURL(module).href;
  try {
    await import(url);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    // Where a module cannot be parsed, the file stands in the stack alone.
    throw new Error(`cannot load ${fileURLToPath(url)}: ${text}`, { cause });
  }
}

/** A name that several registries have means the function of the one made first. */
function catalog(): FunctionInfo[] {
  const functions = new Map<string, FunctionInfo>();
  for (const registry of openRegistries()) {
    for (const { name, kind, options } of registry.functions()) {
      if (!functions.has(name)) functions.set(name, { name, kind, registry: registry.name, options });
    }
  }
  return [...functions.values()];
}
