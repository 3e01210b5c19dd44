/** `dispatch calls`: what the scheduler knows of calls, and what can be done to them. */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { cancelCommand, retryCommand } from "./change.ts";
import { eventsCommand, getCommand } from "./get.ts";
import { listCommand } from "./list.ts";
import { treeCommand } from "./tree.ts";
import { waitCommand } from "./wait.ts";

export function callsCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("calls")
    .summary("look at dispatched calls, wait for them, cancel and retry them")
    .description("Look at dispatched calls, wait for them, cancel and retry them.")
    .addCommand(listCommand(context))
    .addCommand(getCommand(context))
    .addCommand(treeCommand(context))
    .addCommand(eventsCommand(context))
    .addCommand(waitCommand(context, setExitCode))
    .addCommand(cancelCommand(context, setExitCode))
    .addCommand(retryCommand(context, setExitCode))
    .addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  dispatch calls list --state failed --since 1h
  dispatch calls get <id>
  dispatch calls wait <id> --timeout-ms 30000
  dispatch calls cancel <id> <id>
`;
