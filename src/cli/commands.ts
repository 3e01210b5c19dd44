/** The commands, in the order in which help lists them. One file a command. */
import type { Command } from "commander";
import { backupCommand } from "./backup.ts";
import { callCommand } from "./call.ts";
import { callsCommand } from "./calls/calls.ts";
import { compileCommand } from "./compile.ts";
import { configCommand } from "./config.ts";
import type { CliContext } from "./context.ts";
import { functionsCommand } from "./functions.ts";
import { keysCommand } from "./keys/keys.ts";
import { serveCommand } from "./serve.ts";

/** Makes a command. What goes wrong is thrown; `setExitCode` is for results that are no errors of the command. */
export type AddCommand = (context: CliContext, setExitCode: (code: number) => void) => Command;

export const commands: readonly AddCommand[] = [
  serveCommand,
  callCommand,
  callsCommand,
  backupCommand,
  functionsCommand,
  configCommand,
  compileCommand,
  keysCommand,
];
