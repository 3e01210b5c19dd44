import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Command } from "commander";
import { jsonOf } from "../../scheduler/api/index.ts";
import { type CallInfo, CallInfoSchema } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import { ControlService, type ListRequestSchema } from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { renderTable } from "../table.ts";
import type { ControlClient } from "./control-client.ts";
import { addServiceFlags, clientOf } from "./service-flags.ts";
import { durationText, STATE_NAMES, stateName, stateOfName, timeText } from "./text.ts";

interface ListFlags {
  json?: boolean;
  function?: string;
  state?: string[];
  parent?: string;
  root?: string;
  since?: string;
  until?: string;
  limit: string;
}

const PAGE_SIZE_MAX = 1_000;

export function listCommand(context: CliContext): Command {
  const command = new Command("list")
    .summary("list calls, newest first")
    .description("List calls, newest first. Every filter that is given must hold.")
    .option("--function <name>", "Calls of this function.")
    .option("--state <state...>", `Calls in any of these states: ${STATE_NAMES.join(", ")}.`)
    .option("--parent <id>", "Calls that this call made.")
    .option("--root <id>", "Calls of the tree under this call, itself included.")
    .option("--since <time>", "Calls made at this time or later: 2024-06-27T03:33Z, or 10m, 2h, 3d ago.")
    .option("--until <time>", "Calls made before this time.")
    .option("--limit <n>", "Calls at the most.", "50")
    .action(async (flags: ListFlags) => {
      const client = await clientOf(command, context);
      const calls = await listCalls(client, requestOf(flags, Date.now()), limitOf(flags.limit));
      if (flags.json) {
        return context.out(
          JSON.stringify(
            calls.map((call) => jsonOf(CallInfoSchema, call)),
            null,
            2,
          ),
        );
      }
      context.out(calls.length === 0 ? "no calls" : callTable(calls, Date.now(), context));
    });
  return addServiceFlags(command);
}

/** Page by page until there are `limit`, or no more. */
export async function listCalls(
  client: ControlClient,
  request: MessageInitShape<typeof ListRequestSchema>,
  limit: number,
): Promise<CallInfo[]> {
  const calls: CallInfo[] = [];
  let pageToken = "";
  do {
    const pageSize = Math.min(limit - calls.length, PAGE_SIZE_MAX);
    const page = await client.ask(ControlService.method.list, { ...request, pageSize, pageToken });
    calls.push(...page.calls);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && calls.length < limit);
  return calls;
}

function callTable(calls: readonly CallInfo[], nowMs: number, { colors }: CliContext): string {
  return renderTable(
    ["ID", "FUNCTION", "STATE", "RUNS", "CREATED (UTC)", "DURATION"],
    calls.map((call) => [
      call.dispatchId,
      call.function,
      stateName(call.state),
      String(call.attempts),
      timeText(call.creationTime),
      durationText(call, nowMs),
    ]),
    colors,
  );
}

function requestOf(flags: ListFlags, nowMs: number) {
  return {
    function: flags.function ?? "",
    states: (flags.state ?? []).flatMap((names) => names.split(",")).map(checkedState),
    parentDispatchId: flags.parent ?? "",
    rootDispatchId: flags.root ?? "",
    ...(flags.since === undefined ? {} : { createdAfter: timestampFromMs(timeOf(flags.since, nowMs)) }),
    ...(flags.until === undefined ? {} : { createdBefore: timestampFromMs(timeOf(flags.until, nowMs)) }),
  };
}

function checkedState(name: string) {
  const state = stateOfName(name);
  if (state !== undefined) return state;
  throw new CliError(`'${name}' is no state of a call`, {
    hint: `the states are ${STATE_NAMES.join(", ")}`,
    exitCode: EXIT.usage,
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeOf(text: string, nowMs: number): number {
  const ago = /^(\d+)([smhd])$/.exec(text);
  const ms = ago === null ? Date.parse(text) : nowMs - Number(ago[1]) * UNIT_MS[ago[2]!]!;
  if (!Number.isNaN(ms)) return ms;
  throw new CliError(`'${text}' is no time`, {
    hint: "write 2024-06-27T03:33Z, or 10m, 2h, 3d for so long ago",
    exitCode: EXIT.usage,
  });
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new CliError(`--limit must be a whole number from 1, not '${text}'`, { exitCode: EXIT.usage });
}
