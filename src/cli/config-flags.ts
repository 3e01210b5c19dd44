/** The flags of the options, and the configuration a command line means. */
import { type Command, Option } from "commander";
import {
  flagOf,
  loadConfigFile,
  OPTIONS,
  type OptionGroup,
  type OptionSpec,
  type ResolvedConfig,
  resolveConfig,
} from "../config/index.ts";
import type { CliContext, GlobalOptions } from "./context.ts";

const HEADINGS: Record<OptionGroup, string> = {
  endpoint: "Endpoint:",
  pool: "Threads:",
  coroutines: "Coroutines:",
  client: "Dispatch API:",
  scheduler: "Scheduler:",
  log: "Log:",
};

/** Adds the flags of all options of these groups. */
export function addConfigFlags(command: Command, groups: readonly OptionGroup[]): Command {
  for (const option of OPTIONS as readonly OptionSpec[]) {
    if (groups.includes(option.group)) command.addOption(flagFor(option));
  }
  return command;
}

/** Flag over environment over file over default. @throws {ConfigError} */
export async function readConfig(command: Command, context: CliContext): Promise<ResolvedConfig> {
  const global = command.optsWithGlobals<GlobalOptions>();
  const file = await loadConfigFile(context.cwd, global.config);
  return resolveConfig({ flags: givenFlags(command), env: context.env, file });
}

function flagFor(option: OptionSpec): Option {
  const flag = option.type === "boolean" ? booleanFlag(option) : `${flagOf(option)} <${placeholder(option)}>`;
  const value = option.default === undefined ? option.absent : String(option.default);
  return new Option(flag, `${option.doc} (default: ${value})`).helpGroup(HEADINGS[option.group]);
}

/** What is on by default is turned off by `--no-x`. */
function booleanFlag(option: OptionSpec): string {
  return option.default === true ? flagOf(option).replace("--", "--no-") : flagOf(option);
}

function placeholder(option: OptionSpec): string {
  switch (option.type) {
    case "integer":
      return /Ms$/.test(option.name) ? "ms" : /Bytes/.test(option.name) ? "bytes" : "n";
    case "choice":
      return option.choices!.join("|");
    default:
      return /(?:Cert|Key|Path)$/.test(option.name) ? "file" : /Url$/.test(option.name) ? "url" : "text";
  }
}

/** Only what stood on the command line: commander fills in defaults of `--no-x` by itself. */
function givenFlags(command: Command): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const { name } of OPTIONS) {
    const key = commanderKey(name);
    if (command.getOptionValueSource(key) === "cli") flags[name] = command.getOptionValue(key);
  }
  return flags;
}

/** commander makes keys from flags, `--thread-memory-mib` is threadMemoryMib. */
function commanderKey(name: string): string {
  return flagOf({ name } as OptionSpec)
    .slice(2)
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
