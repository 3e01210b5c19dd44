/** Where calls are dispatched to. */
import type { OptionSpec } from "../option-spec.ts";

export const clientOptions = [
  {
    name: "apiKey",
    type: "string",
    default: undefined,
    absent: "none",
    secret: true,
    group: "client",
    doc: "Key this process presents to the Dispatch API.",
  },
  {
    name: "apiUrl",
    type: "string",
    default: undefined,
    absent: "the scheduler of this process",
    group: "client",
    doc: "URL of the Dispatch API that calls are dispatched to.",
  },
] as const satisfies readonly OptionSpec[];
