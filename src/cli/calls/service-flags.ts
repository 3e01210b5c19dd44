/** How the commands on calls reach the service. */
import type { Command } from "commander";
import { addressUrl } from "../address-url.ts";
import { readConfig } from "../config-flags.ts";
import type { CliContext } from "../context.ts";
import { ControlClient } from "./control-client.ts";

export interface ServiceFlags {
  readonly url?: string;
  readonly json?: boolean;
}

/** Adds `--url` and `--json`. */
export function addServiceFlags(command: Command): Command {
  return command
    .option("--url <url>", "URL of the scheduler (default: apiUrl, else the address of endpointAddr)")
    .option("--json", "Print JSON.");
}

/** The service that a command line means. */
export async function clientOf(command: Command, context: CliContext): Promise<ControlClient> {
  const { config } = await readConfig(command, context);
  const url = command.opts<ServiceFlags>().url ?? config.apiUrl ?? addressUrl(config.endpointAddr);
  return new ControlClient({ url, apiKey: config.apiKey ?? config.apiKeys[0] });
}
