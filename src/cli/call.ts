/** `dispatch call`: one function through a running service. */
import { Command } from "commander";
import { parseAddress } from "../config/index.ts";
import { Status, statusName } from "../wire/status.ts";
import { CliError } from "./cli-error.ts";
import { addConfigFlags, readConfig } from "./config-flags.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { renderValue, toJson } from "./render-value.ts";
import { type RunResult, runOnEndpoint } from "./run-on-endpoint.ts";

interface CallOptions {
  url?: string;
  json?: boolean;
  timeoutMs: string;
}

export function callCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  const command = new Command("call")
    .summary("call a function of a running service")
    .description("Call a function of a running service and print its result.")
    .argument("<name>", "name of the function")
    .argument("[arguments...]", "arguments, each in JSON")
    .option("--url <url>", "URL of the service (default: endpointUrl, else the address of endpointAddr)")
    .option("--timeout-ms <ms>", "How long to wait for the result, milliseconds", "60000")
    .option("--json", "Print status, result or error as a JSON object.")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, args: string[], options: CallOptions) => {
      const { config } = await readConfig(command, context);
      const url = options.url ?? httpUrl(config.endpointUrl) ?? addressUrl(config.endpointAddr);
      const result = await runOnEndpoint({
        url,
        name,
        args: args.map(parseArgument),
        timeoutMs: Number(options.timeoutMs),
      });
      if (result.status !== Status.OK || result.error !== undefined) setExitCode(EXIT.failed);
      print(result, options.json === true, context);
    });
  return addConfigFlags(command, []);
}

const EXAMPLES = `
Exit codes:
  0 the function returned   1 it failed   2 the command line is wrong   3 no service answers

Examples:
  dispatch call greet '"World"'
  dispatch call add 1 2
  dispatch call order '{"item": "tea", "count": 2}' --json
`;

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

function addressUrl(address: string): string {
  const { host, port } = parseAddress(address);
  // An address to listen on all interfaces is none to connect to.
  const reachable = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

function print({ status, output, error }: RunResult, json: boolean, context: CliContext): void {
  const { out, err, colors } = context;
  if (json) {
    out(toJson({ status: statusName(status), ...(error === undefined ? { output } : { error }) }));
    return;
  }
  if (error === undefined) {
    const text = renderValue(output, colors.red("") !== "");
    if (text !== "") out(text);
  } else err(`${colors.red(`${statusName(status)}:`)} ${error.type}: ${error.message}`);
}
