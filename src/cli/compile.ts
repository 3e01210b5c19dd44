/** `dispatch compile`: what the compiler makes of a module. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { CompileError, fileFilter } from "../compiler/index.ts";
import { describeFile, type FileDescription } from "../compiler/public.ts";
import { CliError } from "./cli-error.ts";
import type { CliContext, Colors } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { renderTable } from "./table.ts";

interface CompileFlags {
  readonly code?: boolean;
  readonly json?: boolean;
}

export function compileCommand(context: CliContext): Command {
  return new Command("compile")
    .summary("show what the compiler makes of a module")
    .description(
      "Show which functions of a module can be suspended, where, and which variables are saved there. Or why the module is refused. `serve` compiles by itself.",
    )
    .argument("<file>", "TypeScript or JavaScript file")
    .option("--code", "Print the compiled module instead.")
    .option("--json", "Print a JSON object; with --code, the compiled module is in it.")
    .addHelpText(
      "after",
      "\nExamples:\n  dispatch compile orders.ts\n  dispatch compile orders.ts --code\n  dispatch compile orders.ts --json\n",
    )
    .action((file: string, flags: CompileFlags) => {
      const path = resolve(context.cwd, file);
      refuseOthers(path, file);
      const description = describe(path);
      if (flags.json) context.out(renderJson(description, flags));
      else if (flags.code) context.out(description.code);
      else context.out(render(description, readFileSync(path, "utf8").split("\n"), context.colors));
    });
}

/** What the loader would not compile at all, or not as a module. */
function refuseOthers(path: string, file: string): void {
  const exitCode = EXIT.usage;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new CliError(`file ${file} does not exist`, { exitCode });
  if (stat.isDirectory()) throw new CliError(`${file} is a directory: name a file in it`, { exitCode });
  if (/\.c[jt]s$/.test(path)) {
    const hint = "write it as an ES module: import and export, in a .ts, .mts, .js or .mjs file";
    throw new CliError(`${file} is a CommonJS module: those stay as they are`, { hint, exitCode });
  }
  if (!fileFilter({})(path) && !path.includes("node_modules")) {
    const hint = "the compiler takes .ts, .mts, .js and .mjs files";
    throw new CliError(`${file} is no TypeScript or JavaScript module`, { hint, exitCode });
  }
}

function describe(path: string): FileDescription {
  try {
    return describeFile(path);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const excerpt = excerptOf(error, readFileSync(path, "utf8").split("\n"));
    throw new CliError(`${error.message}${excerpt}`, {
      hint: "serve would refuse this module too; docs/coroutines.md lists what is refused, and what to write instead",
      cause: error,
    });
  }
}

/** The line of the error, and a mark below the place. */
function excerptOf({ line, column }: CompileError, source: readonly string[]): string {
  const text = line === undefined ? undefined : source[line - 1];
  if (text === undefined) return "";
  const margin = `  ${line} | `;
  const mark = " ".repeat(margin.length + (column ?? 1) - 1);
  return `\n\n${margin}${text.replaceAll("\t", " ")}\n${mark}^\n`;
}

function render({ module, functions }: FileDescription, source: readonly string[], colors: Colors): string {
  if (functions.length === 0) {
    return `${module}: no function of it can be suspended: it has no async function and no generator`;
  }
  const rows = functions.flatMap(({ id, fingerprint, points }) => {
    const name = id.slice(module.length + 1);
    if (points.length === 0) return [[name, fingerprint, "", "never waits", ""]];
    return points.map(({ line, column, saves }, index) => [
      index === 0 ? name : "",
      index === 0 ? fingerprint : "",
      `${line}:${column}`,
      shortened(source[line - 1]!.slice(column - 1)),
      saves.length > 0 ? saves.join(", ") : "nothing",
    ]);
  });
  return renderTable(["function", "fingerprint", "at", "waits", "saves"], rows, colors);
}

const WAITS_WIDTH = 40;

function shortened(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > WAITS_WIDTH ? `${trimmed.slice(0, WAITS_WIDTH - 1)}…` : trimmed;
}

function renderJson({ module, functions, code }: FileDescription, flags: CompileFlags): string {
  return JSON.stringify(flags.code ? { module, functions, code } : { module, functions }, null, 2);
}
