/** Runs the functions that the modules register with the SDK. */
import { pathToFileURL } from "node:url";
import { openRegistries, run } from "../src/sdk/index.ts";
import type { CreateRunner } from "./runner.ts";
import { importSelf } from "./self-import.ts";

export const createRunner: CreateRunner = async (modules) => {
  importSelf();
  for (const module of modules)
    await import(module.startsWith("file:") ? module : pathToFileURL(module).href);
  return {
    functions: openRegistries().flatMap((registry) =>
      registry.functions().map(({ name, kind, options }) => ({ name, kind, options: { ...options } })),
    ),
    run: (request, context) => run(request, context),
  };
};
