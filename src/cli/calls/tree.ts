import { Command } from "commander";
import { jsonOf } from "../../scheduler/api/index.ts";
import { type CallInfo, CallInfoSchema } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import { ControlService } from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { listCalls } from "./list.ts";
import { addServiceFlags, clientOf } from "./service-flags.ts";
import { durationText, paintedState } from "./text.ts";

/** A tree with more calls is no longer something to look at. */
const CALLS_MAX = 10_000;

interface Node {
  readonly call: CallInfo;
  readonly children: Node[];
}

export function treeCommand(context: CliContext): Command {
  const command = new Command("tree")
    .summary("show a call and all calls below it")
    .description("Show a call, the calls it made, the calls those made, and so on.")
    .argument("<id>", "dispatch id")
    .action(async (dispatchId: string, flags: { json?: boolean }) => {
      const client = await clientOf(command, context);
      const { call } = await client.ask(ControlService.method.get, { dispatchId });
      const rootDispatchId = call!.info!.rootDispatchId;
      const calls = await listCalls(client, { rootDispatchId }, CALLS_MAX);
      const tree = treeOf(dispatchId, calls);
      if (tree === undefined) throw new CliError(`call ${dispatchId} is gone`);
      context.out(flags.json ? JSON.stringify(jsonTree(tree), null, 2) : treeText(tree, Date.now(), context));
      if (calls.length >= CALLS_MAX) context.err(`only the newest ${CALLS_MAX} calls of the tree were read`);
    });
  return addServiceFlags(command);
}

/** The call of this id with what is below it, each call's children oldest first. `calls` are newest first. */
function treeOf(id: string, calls: readonly CallInfo[]): Node | undefined {
  const nodes = new Map(calls.map((call) => [call.dispatchId, { call, children: [] as Node[] }]));
  for (const node of [...nodes.values()].reverse())
    nodes.get(node.call.parentDispatchId)?.children.push(node);
  return nodes.get(id);
}

function treeText(root: Node, nowMs: number, { colors }: CliContext): string {
  const lines: string[] = [];
  // A chain of calls may be deeper than the stack of this program.
  const pending: { node: Node; lead: string; rest: string }[] = [{ node: root, lead: "", rest: "" }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, lead, rest } = next;
    const { call } = node;
    const about = `${paintedState(call.state, colors)} ${durationText(call, nowMs)}`;
    lines.push(`${lead}${colors.bold(call.function)} ${about} ${colors.dim(call.dispatchId)}`);
    const last = node.children.length - 1;
    pending.push(
      ...node.children
        .map((child, index) => ({
          node: child,
          lead: `${rest}${index === last ? "└─ " : "├─ "}`,
          rest: `${rest}${index === last ? "   " : "│  "}`,
        }))
        .reverse(),
    );
  }
  return lines.join("\n");
}

function jsonTree({ call, children }: Node): object {
  return { call: jsonOf(CallInfoSchema, call), children: children.map(jsonTree) };
}
