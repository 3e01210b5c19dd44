/** The scheduler of this process. */
import type { OptionSpec } from "../option-spec.ts";

export const schedulerOptions = [] as const satisfies readonly OptionSpec[];
