/** The commands that change calls. */
import { Command } from "commander";
import { jsonOf } from "../../scheduler/api/index.ts";
import { type CallInfo, CallInfoSchema } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import { ControlService } from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { addServiceFlags, clientOf } from "./service-flags.ts";
import { paintedState } from "./text.ts";

type SetExitCode = (code: number) => void;

export function cancelCommand(context: CliContext, setExitCode: SetExitCode): Command {
  const command = new Command("cancel")
    .summary("cancel calls and everything below them")
    .description("Cancel calls and everything below them. Calls that have ended stay as they are.");
  return changing(command, ControlService.method.cancel, context, setExitCode);
}

export function retryCommand(context: CliContext, setExitCode: SetExitCode): Command {
  const command = new Command("retry")
    .summary("run failed calls again")
    .description("Run failed, expired or cancelled calls again from their first input, under the same ids.");
  return changing(command, ControlService.method.retry, context, setExitCode);
}

/** One id after the other: what fails is told, and the others are done all the same. */
function changing(
  command: Command,
  method: typeof ControlService.method.cancel | typeof ControlService.method.retry,
  context: CliContext,
  setExitCode: SetExitCode,
): Command {
  command.argument("<ids...>", "dispatch ids").action(async (ids: string[], flags: { json?: boolean }) => {
    const client = await clientOf(command, context);
    const changed: CallInfo[] = [];
    for (const dispatchId of ids) {
      try {
        const { call } = await client.ask(method as typeof ControlService.method.cancel, { dispatchId });
        changed.push(call!);
        if (!flags.json) context.out(`${dispatchId} ${paintedState(call!.state, context.colors)}`);
      } catch (error) {
        if (!(error instanceof CliError) || error.exitCode === EXIT.unreachable) throw error;
        setExitCode(EXIT.failed);
        context.err(`${dispatchId}: ${error.message}`);
      }
    }
    if (flags.json)
      context.out(
        JSON.stringify(
          changed.map((call) => jsonOf(CallInfoSchema, call)),
          null,
          2,
        ),
      );
  });
  return addServiceFlags(command);
}
