/** The log. */
import type { OptionSpec } from "../option-spec.ts";

export const logOptions = [
  {
    name: "logLevel",
    type: "choice",
    default: "info",
    choices: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    reloads: true,
    group: "log",
    doc: "Least important level that is logged.",
  },
  {
    name: "logFormat",
    type: "choice",
    default: "auto",
    choices: ["auto", "pretty", "json"],
    group: "log",
    doc: "auto is pretty on a terminal and JSON otherwise.",
  },
] as const satisfies readonly OptionSpec[];
