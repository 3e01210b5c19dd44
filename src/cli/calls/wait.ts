import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Command } from "commander";
import { jsonOf } from "../../scheduler/api/index.ts";
import { CallState } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import {
  ControlService,
  type WaitResponse,
  WaitResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { statusName } from "../../wire/status.ts";
import { valueText } from "../../wire/values/any-text.ts";
import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { ControlClient } from "./control-client.ts";
import { addServiceFlags, clientOf } from "./service-flags.ts";

/** Longest that the service holds one request. */
const ROUND_MS = 60_000;

interface WaitFlags {
  json?: boolean;
  timeoutMs?: string;
}

export function waitCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  const command = new Command("wait")
    .summary("wait for a call to end and print its result")
    .description("Wait for a call to end and print its result. Exits with 1 when the call failed.")
    .argument("<id>", "dispatch id")
    .option("--timeout-ms <ms>", "How long to wait, milliseconds (default: for ever)")
    .action(async (dispatchId: string, flags: WaitFlags) => {
      const client = await clientOf(command, context);
      const timeoutMs = flags.timeoutMs === undefined ? Number.POSITIVE_INFINITY : Number(flags.timeoutMs);
      if (!(timeoutMs >= 0)) {
        throw new CliError(`--timeout-ms must be a number, not '${flags.timeoutMs}'`, {
          exitCode: EXIT.usage,
        });
      }
      const answer = await waitForEnd(client, dispatchId, timeoutMs);
      if (answer.call?.state !== CallState.SUCCEEDED) setExitCode(EXIT.failed);
      printResult(answer, flags.json === true, context);
    });
  return addServiceFlags(command);
}

/** @throws {CliError} when the time passes first */
export async function waitForEnd(
  client: ControlClient,
  dispatchId: string,
  timeoutMs: number,
): Promise<WaitResponse> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const leftMs = Math.max(0, Math.min(ROUND_MS, deadlineMs - performance.now()));
    const answer = await client.ask(ControlService.method.wait, {
      dispatchId,
      timeout: durationFromMs(Math.ceil(leftMs)),
    });
    if (answer.result !== undefined) return answer;
    if (performance.now() >= deadlineMs) {
      throw new CliError(`call ${dispatchId} has not ended after ${timeoutMs} ms`, {
        hint: "it goes on; wait longer with --timeout-ms",
      });
    }
  }
}

/** The value of a call that succeeded, else its error. */
export function printResult({ result, call }: WaitResponse, json: boolean, context: CliContext): void {
  const { out, err, colors } = context;
  if (json) {
    const answer = create(WaitResponseSchema, { ...(result && { result }), ...(call && { call }) });
    out(JSON.stringify(jsonOf(WaitResponseSchema, answer), null, 2));
    return;
  }
  if (result?.output !== undefined) out(valueText(result.output, colors.red("") !== ""));
  if (result?.error !== undefined) {
    err(`${colors.red(`${statusName(call?.status ?? 0)}:`)} ${result.error.type}: ${result.error.message}`);
  }
}
