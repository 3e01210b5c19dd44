/** The `dispatch` command. A file a command; this one owns the frame: help, errors, exit codes. */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { ConfigError } from "../config/index.ts";
import { CliError } from "./cli-error.ts";
import { commands } from "./commands.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";

/** Runs the command and ends the process, also where a user's module has left timers or sockets open. */
export async function main(argv: readonly string[]): Promise<void> {
  const exitCode = await runCommand(argv, {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    colors: pc.createColors(
      wantsColors(process.env, isTerminal(process.stdout) && isTerminal(process.stderr)),
    ),
  });
  // A pipe takes what was written when it can.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
}

/** The same without a process: resolves with the exit code. */
export async function runCommand(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error, program.opts<{ verbose?: boolean }>().verbose === true, context);
  }
}

/** Of what is none, Node.js says undefined, which picocolors takes for a question to answer itself. */
const isTerminal = ({ isTTY }: { isTTY?: boolean }): boolean => isTTY === true;

/** https://no-color.org, and FORCE_COLOR as most tools read it. */
export function wantsColors(env: CliContext["env"], isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  return env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0" ? true : isTerminal;
}

function createProgram(context: CliContext, setExitCode: (code: number) => void): Command {
  const { version } = createRequire(import.meta.url)("dispatch-ts/package.json") as { version: string };
  const program = new Command("dispatch")
    .description("Durable functions for TypeScript: serve them, call them, look at what they do.")
    .version(version, "-V, --version", "Print the version.")
    .option("--config <file>", "Configuration file (default: dispatch.config.ts, .js or .json here)")
    .option("--verbose", "Show the stacks of errors.")
    .helpOption("-h, --help", "Show this help.")
    .helpCommand("help [command]", "Show the help of a command.")
    .showHelpAfterError("See `dispatch --help`.")
    .addHelpText("after", EXAMPLES)
    .configureHelp({
      showGlobalOptions: true,
      sortSubcommands: false,
      ...(context.helpWidth === undefined ? {} : { helpWidth: context.helpWidth }),
    })
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.err(text.trimEnd()),
    })
    .exitOverride();
  for (const add of commands) program.addCommand(adopt(add(context, setExitCode), program));
  return program;
}

/** Commands made apart from the program get its ways of printing and of ending, and their own commands theirs. */
function adopt(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).helpOption("-h, --help", "Show this help.");
  for (const child of command.commands) adopt(child, command);
  return command;
}

const EXAMPLES = `
Examples:
  dispatch serve functions.ts            serve the functions of a module at localhost:8000
  dispatch call greet '"World"'          call one of them and print its result
  dispatch calls list --state failed     look at the calls that failed
  dispatch functions functions.ts        list what a module defines
  dispatch config                        show every option, its value and where it came from
`;

/** One line what, one line what to do; stacks for the user's own code, or when asked for. */
function report(error: unknown, verbose: boolean, { err, colors }: CliContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { message, hint, exitCode, userError } = describe(error);
  err(`${colors.red("error:")} ${message}`);
  if (hint !== undefined) err(`${colors.dim("hint:")} ${hint}`);
  if (userError !== undefined) err(userError.stack ?? userError.message);
  else if (verbose && error instanceof Error) err(error.stack ?? error.message);
  return exitCode;
}

function describe(error: unknown): Pick<CliError, "hint" | "exitCode" | "userError"> & { message: string } {
  if (error instanceof CliError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ConfigError) {
    const hint = "`dispatch config --help` lists the options";
    return { message, hint, exitCode: EXIT.usage, userError: undefined };
  }
  const hint = "run it again with --verbose for the stack";
  return { message, hint, exitCode: EXIT.failed, userError: undefined };
}
