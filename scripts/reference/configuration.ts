/** docs/reference/configuration.md, from the tables of options. */
import { envOf, flagOf, OPTIONS, type OptionGroup, type OptionSpec } from "../../src/config/index.ts";

export function configurationReference(): string {
  const sections = Object.entries(TITLES).map(([group, title]) => section(group as OptionGroup, title));
  return `${HEAD}\n${sections.join("\n")}`;
}

const HEAD = `# Configuration

<!-- Made from the tables in src/config/options by \`npm run reference\`. -->

Each option can be set in three places. A flag wins over the environment, the environment over the file, the file over
the default. \`dispatch config\` shows every value and where it came from.

- **Flag**: of \`dispatch serve\`, for example \`--threads-max 4\`. What is on by default is turned off by \`--no-…\`.
- **Environment**: for example \`DISPATCH_THREADS_MAX=4\`. An empty variable counts as not set. Lists are separated by
  commas; true and false are written \`true\` or \`1\`, \`false\` or \`0\`.
- **File**: \`dispatch.config.ts\`, \`.js\` (default export) or \`.json\` in the working directory, or the one named by
  \`--config\`:

  \`\`\`ts
  import type { DispatchConfig } from "dispatch-ts";

  export default { threadsMax: 4, runTimeoutMs: 30_000 } satisfies DispatchConfig;
  \`\`\`

A key the file should not have, a value out of its bounds, or two that contradict each other stop the service before it
starts, with the name that was probably meant, the value, the bounds and where the value came from.

**On SIGHUP** the file is read again. Options marked with ↻ take effect at once, without a failed run; the others are
named in the log as changing with the next restart. A file that cannot be used changes nothing.
`;

/** Every group has a section, in this order. */
const TITLES: Record<OptionGroup, string> = {
  endpoint: "Endpoint",
  pool: "Threads",
  coroutines: "Durable coroutines",
  client: "Dispatch API",
  scheduler: "Scheduler",
  log: "Log",
};

function section(group: OptionGroup, title: string): string {
  const options = (OPTIONS as readonly OptionSpec[]).filter((option) => option.group === group);
  return `## ${title}\n\n${options.map(entry).join("\n")}`;
}

function entry(option: OptionSpec): string {
  const { name, reloads, doc } = option;
  const facts = [
    `\`${flagOf(option)}\``,
    `\`${envOf(option)}\``,
    typeText(option),
    `default: ${defaultText(option)}`,
    ...(option.secret ? ["never shown or logged"] : []),
  ];
  return `### \`${name}\`${reloads ? " ↻" : ""}\n\n${facts.join(" · ")}\n\n${doc}\n`;
}

function typeText({ type, min, max, choices }: OptionSpec): string {
  if (type === "choice") return choices!.map((choice) => `\`${choice}\``).join(", ");
  if (type !== "integer" || min === undefined || max === undefined) return type;
  return `integer, ${grouped(min)} to ${grouped(max)}`;
}

function defaultText({ default: value, absent }: OptionSpec): string {
  if (value === undefined) return absent ?? "none";
  if (Array.isArray(value)) return value.length === 0 ? (absent ?? "none") : `\`${value.join(",")}\``;
  return typeof value === "number" ? grouped(value) : `\`${String(value)}\``;
}

const grouped = (value: number) => value.toLocaleString("en-US");
