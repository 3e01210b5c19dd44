/** What may be a function's name and an endpoint's URL, on the wire of `dispatch.sdk.v1`. */
import { ConfigurationError } from "./errors/dispatch-error.ts";

/** The rule of `sdk.v1.Call.function`. */
export const functionNamePattern = /^[a-zA-Z_][a-zA-Z0-9_<>.]*$/;

/** @throws {ConfigurationError} when a call could not name the function. */
export function checkFunctionName(name: string): string {
  if (name === "") {
    throw new ConfigurationError("missing function name: name the function, or pass a name before it");
  }
  if (!functionNamePattern.test(name)) {
    throw new ConfigurationError(
      `invalid function name ${quote(name)}: it starts with a letter or "_", and letters, digits, "_", "." and "<>" follow`,
    );
  }
  return name;
}

/**
 * Checks the URL at which functions are reached: `http://`, `https://`, `bridge://SESSION`, or the ARN of an AWS
 * Lambda function. `source` says in errors where the URL came from.
 *
 * @throws {ConfigurationError}
 */
export function checkEndpoint(endpoint: string, source: string): string {
  if (endpoint.startsWith("arn:")) {
    if (lambdaArn.test(endpoint)) return endpoint;
    throw new ConfigurationError(
      `invalid ${source}: ${quote(endpoint)} (an ARN must be of arn:aws:lambda:…)`,
    );
  }
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(endpoint)?.[1]?.toLowerCase();
  if (scheme === undefined) throw new ConfigurationError(`missing protocol scheme in ${source}: ${endpoint}`);
  if (scheme !== "bridge" && scheme !== "http" && scheme !== "https") {
    throw new ConfigurationError(
      `invalid protocol scheme in ${source}: ${endpoint} (expected bridge, http or https, or the ARN of a Lambda function)`,
    );
  }
  // Of `http://:8000` the parser only says that it is not a URL.
  const rest = endpoint.slice(endpoint.indexOf("://") + 3);
  if (/^([/?#:]|$)/.test(rest)) throw new ConfigurationError(`missing host in ${source}: ${endpoint}`);
  if (!URL.canParse(endpoint))
    throw new ConfigurationError(`invalid ${source}: ${quote(endpoint)} is not a URL`);
  return endpoint;
}

export function missingEndpoint(): ConfigurationError {
  return new ConfigurationError(
    "missing application endpoint: set it with the DISPATCH_ENDPOINT_URL environment variable",
  );
}

const lambdaArn = /^arn:aws[a-z-]*:lambda:[^:\s]+:[^:\s]*:function:[^\s]+$/;

/** A value for an error message: quoted, so that what is odd about it shows, and never a page of it. */
function quote(value: string): string {
  return value.length > 100 ? `${JSON.stringify(value.slice(0, 100))}…` : JSON.stringify(value);
}
