/** What the table of options says of each. */

export type OptionType = "integer" | "string" | "boolean" | "list" | "choice";

export interface OptionSpec {
  /** Key in the configuration file, and of the resolved configuration. Units last: `leaseMs`. */
  readonly name: string;
  readonly type: OptionType;
  /** Undefined, or an empty list: the option has no value unless given, or what `absent` says. */
  readonly default: unknown;
  /** How an absent default reads in the documentation. */
  readonly absent?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Never printed or logged. */
  readonly secret?: boolean;
  /** A changed value takes effect on SIGHUP; others need a restart. */
  readonly reloads?: boolean;
  readonly group: OptionGroup;
  /** Meaning, unit, and what breaks at the extremes. One or two sentences. */
  readonly doc: string;
}

export type OptionGroup = "endpoint" | "pool" | "coroutines" | "client" | "scheduler" | "log";

/** The type a resolved option has. */
export type ValueOf<Spec> = Spec extends { default: undefined } ? Given<Spec> | undefined : Given<Spec>;

type Given<Spec> = Spec extends { type: "integer" }
  ? number
  : Spec extends { type: "boolean" }
    ? boolean
    : Spec extends { type: "list" }
      ? readonly string[]
      : Spec extends { type: "choice"; choices: readonly (infer Choice)[] }
        ? Choice
        : string;

/** `threadsMax` is DISPATCH_THREADS_MAX in the environment. */
export function envOf(option: OptionSpec): string {
  return `DISPATCH_${snake(option.name).toUpperCase()}`;
}

/** `threadsMax` is --threads-max on the command line. */
export function flagOf(option: OptionSpec): string {
  return `--${snake(option.name).replaceAll("_", "-")}`;
}

/** `threadMemoryMiB` is thread_memory_mib: a unit's letters belong together. */
const snake = (name: string) =>
  name
    .replace(/MiB$/, "Mib")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
