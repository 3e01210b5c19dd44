/** `dispatch call`: one function through a running service. */
import { Command } from "commander";
import type { Config } from "../config/index.ts";
import type { WaitResponse } from "../wire/gen/dispatch/control/v1/control_pb.js";
import { Status, statusName } from "../wire/status.ts";
import { renderValue, toJson } from "../wire/values/render-value.ts";
import { addressUrl } from "./address-url.ts";
import { dispatchCall, resultOf } from "./call-through-scheduler.ts";
import { ControlClient, NoSchedulerError } from "./calls/control-client.ts";
import { waitForEnd } from "./calls/wait.ts";
import { CliError } from "./cli-error.ts";
import { readConfig } from "./config-flags.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { type RunResult, runOnEndpoint } from "./run-on-endpoint.ts";
import { unlessSignal } from "./signals.ts";

interface CallFlags {
  url?: string;
  json?: boolean;
  timeoutMs: string;
  endpoint?: string;
  delayMs?: string;
  expirationMs?: string;
  idempotencyKey?: string;
  /** commander's form of --no-wait. */
  wait: boolean;
  direct?: boolean;
}

export function callCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  const command = new Command("call")
    .summary("call a function of a running service")
    .description(
      "Call a function of a running service and print its result. The call is durable where the service has a scheduler.",
    )
    .argument("<name>", "name of the function")
    .argument("[arguments...]", "arguments, each in JSON")
    .option(
      "--url <url>",
      "URL of the service (default: apiUrl or endpointUrl, else the address of endpointAddr)",
    )
    .option("--endpoint <url>", "Where the function is served (default: by the service itself)")
    .option("--delay-ms <ms>", "Start the call no sooner than this, milliseconds")
    .option(
      "--expiration-ms <ms>",
      "The call fails when it has not ended after this, milliseconds; 0 is never (default: as the function says)",
    )
    .option("--idempotency-key <key>", "Calls with the same key are one call")
    .option("--no-wait", "Print the dispatch id and do not wait for the result.")
    .option("--direct", "One run without the scheduler: not recorded, not retried.")
    .option("--timeout-ms <ms>", "How long to wait for the result, milliseconds", "60000")
    .option("--json", "Print status, result or error as a JSON object.")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, texts: string[], flags: CallFlags) => {
      const { config } = await readConfig(command, context);
      const args = texts.map(parseArgument);
      const result = flags.direct
        ? await callDirectly(name, args, flags, config)
        : await callDurably(name, args, flags, config);
      if (typeof result === "string") {
        context.out(flags.json ? JSON.stringify({ dispatchId: result }) : result);
        return;
      }
      if (result.status !== Status.OK || result.error !== undefined) setExitCode(EXIT.failed);
      const verbose = command.optsWithGlobals<{ verbose?: boolean }>().verbose === true;
      print(result, { json: flags.json === true, verbose }, context);
    });
  return command;
}

const EXAMPLES = `
Exit codes:
  0 the function returned   1 it failed   2 the command line is wrong   3 no service answers

Examples:
  dispatch call greet '"World"'
  dispatch call add 1 2
  dispatch call order '{"item": "tea", "count": 2}' --json
  dispatch call report --no-wait --delay-ms 3600000
`;

function callDirectly(name: string, args: unknown[], flags: CallFlags, config: Config): Promise<RunResult> {
  const url = flags.url ?? httpUrl(config.endpointUrl) ?? addressUrl(config.endpointAddr);
  return runOnEndpoint({ url, name, args, timeoutMs: milliseconds(flags.timeoutMs, "--timeout-ms") });
}

/** Through the scheduler; a service that has none runs the function once. Gives the id when not to wait. */
async function callDurably(
  name: string,
  args: unknown[],
  flags: CallFlags,
  config: Config,
): Promise<RunResult | string> {
  const url = flags.url ?? config.apiUrl ?? httpUrl(config.endpointUrl) ?? addressUrl(config.endpointAddr);
  const client = new ControlClient({ url, apiKey: config.apiKey ?? config.apiKeys[0] });
  const timeoutMs = milliseconds(flags.timeoutMs, "--timeout-ms");
  const optionalMs = (text: string | undefined, flag: string) =>
    text === undefined ? undefined : milliseconds(text, flag);
  const delayMs = optionalMs(flags.delayMs, "--delay-ms");
  const expirationMs = optionalMs(flags.expirationMs, "--expiration-ms");
  try {
    const { endpoint, idempotencyKey } = flags;
    const id = await dispatchCall(client, { name, args, endpoint, delayMs, expirationMs, idempotencyKey });
    return flags.wait ? resultOf(await endOf(client, id, timeoutMs)) : id;
  } catch (error) {
    const needsScheduler = [delayMs, expirationMs, flags.idempotencyKey].some((one) => one !== undefined);
    if (!(error instanceof NoSchedulerError) || needsScheduler || !flags.wait) throw error;
    return callDirectly(name, args, { ...flags, url: flags.endpoint ?? url }, config);
  }
}

/** Whatever ends the waiting, the call is in the store: its id must not be lost with the connection. */
async function endOf(client: ControlClient, id: string, timeoutMs: number): Promise<WaitResponse> {
  try {
    return await unlessSignal(
      waitForEnd(client, id, timeoutMs),
      (signal, exitCode) => new CliError(`${signal}: call ${id} goes on`, { exitCode }),
    );
  } catch (error) {
    const { message } = error as Error;
    throw new CliError(message.includes(id) ? message : `call ${id}: ${message}`, {
      hint: `the call is recorded; \`dispatch calls wait ${id}\` goes on waiting for it`,
      exitCode: error instanceof CliError ? error.exitCode : EXIT.unreachable,
      cause: error,
    });
  }
}

function milliseconds(text: string, flag: string): number {
  const ms = Number(text);
  if (Number.isInteger(ms) && ms >= 0) return ms;
  throw new CliError(`${flag} must be a whole number of milliseconds, not '${text}'`, {
    exitCode: EXIT.usage,
  });
}

function parseArgument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`argument ${text} is not JSON`, {
      hint: `a text needs quotes of its own: '${JSON.stringify(text)}'`,
      exitCode: EXIT.usage,
    });
  }
}

/** Only these can be called from here; a bridge URL is known to the scheduler alone. */
const httpUrl = (url: string | undefined) => (url?.startsWith("http") ? url : undefined);

function print(result: RunResult, flags: { json: boolean; verbose: boolean }, context: CliContext): void {
  const { status, output, error, dispatchId } = result;
  const { out, err, colors } = context;
  if (flags.json) {
    const brief = error && { type: error.type, message: error.message };
    const failure = { error: flags.verbose ? error : brief, ...(dispatchId && { dispatchId }) };
    out(toJson({ status: statusName(status), ...(error === undefined ? { output } : failure) }));
    return;
  }
  if (error === undefined) {
    const text = renderValue(output, colors.red("") !== "");
    if (text !== "") out(text);
    return;
  }
  err(`${colors.red(`${statusName(status)}:`)} ${error.type}: ${error.message}`);
  if (flags.verbose && error.traceback !== undefined) err(error.traceback);
  if (dispatchId !== undefined) err(colors.dim(`call ${dispatchId}`));
}
