import { CliError } from "./cli-error.ts";
import { EXIT } from "./exit-codes.ts";

/** Nobody answered at a URL; `error` is what `fetch` rejected with. */
export function unreachable(url: string, error: unknown): CliError {
  const reason = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? String(error);
  return new CliError(`cannot reach a service at ${url} (${reason})`, {
    hint: "start one with `dispatch serve functions.ts`, or name its URL with --url",
    exitCode: EXIT.unreachable,
    cause: error,
  });
}
