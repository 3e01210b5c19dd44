/** `dispatch functions`: what modules define. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { createRunner } from "../../workers/sdk-runner.ts";
import type { FunctionInfo } from "../pool/index.ts";
import { CliError, loadHint, rootCause } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { renderTable } from "./table.ts";

export function functionsCommand(context: CliContext): Command {
  return new Command("functions")
    .summary("list the functions that modules define")
    .description("Load modules and list the functions they define.")
    .argument("<modules...>", "TypeScript or JavaScript files that define functions")
    .option("--json", "Print a JSON array.")
    .addHelpText(
      "after",
      "\nExamples:\n  dispatch functions functions.ts\n  dispatch functions functions.ts --json\n",
    )
    .action(async (modules: string[], options: { json?: boolean }) => {
      const functions = await load(modules.map((path) => pathToFileURL(resolve(context.cwd, path)).href));
      context.out(options.json ? JSON.stringify(functions, null, 2) : render(functions, context));
    });
}

async function load(modules: string[]): Promise<FunctionInfo[]> {
  try {
    return (await createRunner(modules)).functions;
  } catch (error) {
    throw new CliError((error as Error).message, {
      hint: loadHint(rootCause(error as Error)),
      userError: rootCause(error as Error),
    });
  }
}

function render(functions: FunctionInfo[], { colors }: CliContext): string {
  if (functions.length === 0) return "no functions: make some with dispatch.function(…)";
  return renderTable(
    ["function", "kind", "registry", "options"],
    functions.map(({ name, kind, registry = "", options = {} }) => [name, kind, registry, summary(options)]),
    colors,
  );
}

function summary(options: object): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" ");
}
