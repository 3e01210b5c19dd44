import { CliError } from "./cli-error.ts";
import { EXIT } from "./exit-codes.ts";

/** @throws {CliError} for what is no URL that HTTP could be spoken to */
export function checkServiceUrl(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw new CliError(`'${url}' is not a URL of a service`, {
    hint: "it begins with http:// or https://, e.g. http://localhost:8000",
    exitCode: EXIT.usage,
  });
}
