import { Command } from "commander";
import { jsonOf } from "../../scheduler/api/index.ts";
import { type CallDetail, CallDetailSchema } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import { ControlService, EventsResponseSchema } from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { Status, statusName } from "../../wire/status.ts";
import { argumentsText, valueText } from "../../wire/values/any-text.ts";
import type { CliContext } from "../context.ts";
import { renderTable } from "../table.ts";
import { addServiceFlags, clientOf } from "./service-flags.ts";
import { durationText, paintedState, timeText } from "./text.ts";

export function getCommand(context: CliContext): Command {
  const command = new Command("get")
    .summary("show a call: its state, input and result")
    .description("Show everything about a call: state, times, input, result or error.")
    .argument("<id>", "dispatch id")
    .action(async (dispatchId: string, flags: { json?: boolean }) => {
      const client = await clientOf(command, context);
      const { call } = await client.ask(ControlService.method.get, { dispatchId });
      if (flags.json) return context.out(JSON.stringify(jsonOf(CallDetailSchema, call!), null, 2));
      context.out(detailText(call!, Date.now(), context));
    });
  return addServiceFlags(command);
}

export function eventsCommand(context: CliContext): Command {
  const command = new Command("events")
    .summary("show what happened to a call")
    .description("Show what happened to a call, oldest first.")
    .argument("<id>", "dispatch id")
    .action(async (dispatchId: string, flags: { json?: boolean }) => {
      const client = await clientOf(command, context);
      const response = await client.ask(ControlService.method.events, { dispatchId });
      if (flags.json) {
        return context.out(JSON.stringify(jsonOf(EventsResponseSchema, response), null, 2));
      }
      const rows = response.events.map((event) => [
        timeText(event.time),
        event.type,
        event.attempt === 0 ? "" : String(event.attempt),
        event.status === Status.UNSPECIFIED ? "" : statusName(event.status),
        event.message,
      ]);
      context.out(renderTable(["TIME (UTC)", "EVENT", "ATTEMPT", "STATUS", "MESSAGE"], rows, context.colors));
    });
  return addServiceFlags(command);
}

function detailText({ info, input, result }: CallDetail, nowMs: number, { colors }: CliContext): string {
  const call = info!;
  const hasColors = colors.red("") !== "";
  const lines: [string, string][] = [
    ["id", colors.bold(call.dispatchId)],
    ["function", call.function],
    ["endpoint", call.endpoint],
    ["version", call.version],
    ["state", paintedState(call.state, colors)],
    ["status", call.status === Status.UNSPECIFIED ? "" : statusName(call.status)],
    ["parent", call.parentDispatchId],
    ["root", call.rootDispatchId === call.dispatchId ? "" : call.rootDispatchId],
    ["runs", `${call.attempts}${call.failures > 0 ? `, the last ${call.failures} failed` : ""}`],
    ["priority", call.priority === 0 ? "" : String(call.priority)],
    ["created", timeText(call.creationTime)],
    ["expires", timeText(call.expirationTime)],
    ["wakes", timeText(call.wakeTime)],
    ["ended", timeText(call.endTime)],
    ["duration", durationText(call, nowMs)],
    ["input", input === undefined ? "" : argumentsText(input, hasColors)],
    ["result", result?.output === undefined ? "" : valueText(result.output, hasColors)],
    ["error", result?.error === undefined ? "" : `${result.error.type}: ${result.error.message}`],
    ["traceback", new TextDecoder().decode(result?.error?.traceback)],
  ];
  return lines
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `${colors.dim(name.padEnd(10))} ${text.replaceAll("\n", `\n${" ".repeat(11)}`)}`)
    .join("\n");
}
