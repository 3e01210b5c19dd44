/** `dispatch compile`: what the compiler makes of a module. */
import { resolve } from "node:path";
import { Command } from "commander";
import { CompileError } from "../compiler/index.ts";
import { describeFile } from "../compiler/public.ts";
import { CliError } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";

export function compileCommand(context: CliContext): Command {
  return new Command("compile")
    .summary("show what the compiler makes of a module")
    .description(
      "Show which functions of a module can be suspended, where, and what is saved there; then the compiled module. `serve` compiles by itself.",
    )
    .argument("<file>", "TypeScript or JavaScript file")
    .addHelpText(
      "after",
      "\nExamples:\n  dispatch compile orders.ts\n  dispatch compile orders.ts | grep '^//'\n",
    )
    .action((file: string) => context.out(describe(resolve(context.cwd, file), file)));
}

function describe(path: string, shown: string): string {
  try {
    return describeFile(path);
  } catch (error) {
    if (error instanceof CompileError) {
      throw new CliError(error.message, { hint: "serve would refuse this module too", cause: error });
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EISDIR") throw error;
    throw new CliError(`file ${shown} does not exist`, { exitCode: EXIT.usage, cause: error });
  }
}
