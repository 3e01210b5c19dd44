/** `dispatch config`: every option, its value and where it came from. */
import { Command } from "commander";
import { envOf, flagOf, OPTIONS, type OptionSpec, type ResolvedConfig } from "../config/index.ts";
import { addConfigFlags, readConfig } from "./config-flags.ts";
import type { CliContext } from "./context.ts";
import { renderTable } from "./table.ts";

export function configCommand(context: CliContext): Command {
  const command = new Command("config")
    .summary("show every option, its value and where it came from")
    .description("Show every option, its value and where it came from. Secrets are masked.")
    .option("--json", "Print a JSON object by option name.")
    .addHelpText(
      "after",
      "\nA flag wins over the environment, the environment over the file, the file over the default.\n",
    )
    .action(async (options: { json?: boolean }) => {
      const resolved = await readConfig(command, context);
      context.out(options.json ? renderJson(resolved) : render(resolved, context));
    });
  return addConfigFlags(command, ["endpoint", "pool", "coroutines", "client", "scheduler", "log"]);
}

const MASK = "********";

function render({ config, sources }: ResolvedConfig, { colors }: CliContext): string {
  return renderTable(
    ["option", "value", "from"],
    (OPTIONS as readonly OptionSpec[]).map((option) => [
      option.name,
      shown(option, (config as Record<string, unknown>)[option.name]),
      (sources as Record<string, string>)[option.name]!,
    ]),
    colors,
  );
}

function shown(option: OptionSpec, value: unknown): string {
  if (isAbsent(value)) return `(${option.absent ?? "none"})`;
  if (option.secret) return MASK;
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** A list without an item is as absent as no value: a mask over it would tell of a secret that is not there. */
const isAbsent = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

function renderJson({ config, sources }: ResolvedConfig): string {
  const entries = (OPTIONS as readonly OptionSpec[]).map((option) => {
    const value = (config as Record<string, unknown>)[option.name];
    return [
      option.name,
      {
        value: value === undefined ? null : option.secret && !isAbsent(value) ? MASK : value,
        from: (sources as Record<string, string>)[option.name],
        flag: flagOf(option),
        environment: envOf(option),
      },
    ];
  });
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}
