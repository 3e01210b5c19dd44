/**
 * Where the SDK's settings come from: an argument, else an environment variable, else what the hosting service
 * says. The service and its worker threads call `setHostDefaults`, so that functions they host need no setting.
 */

/** What hosts these functions, for settings that neither an argument nor a variable gives. */
export interface HostDefaults {
  /** URL at which the functions of this process are reached. */
  readonly endpoint?: string;
  /** URL of the Dispatch API. */
  readonly apiUrl?: string;
  readonly apiKey?: string;
}

/** A setting with where it came from, for error messages. */
export interface Setting {
  readonly value: string;
  /** As in "… from the DISPATCH_API_KEY environment variable". */
  readonly source: string;
}

let hostDefaults: HostDefaults = {};

export function setHostDefaults(defaults: HostDefaults): void {
  hostDefaults = { ...defaults };
}

/** An empty variable counts as not set: that is what `VARIABLE= command` means to people. */
export function readSetting(
  argument: string | undefined,
  variable: string,
  host: keyof HostDefaults,
): Setting | undefined {
  if (argument !== undefined) return { value: argument, source: "argument" };
  const fromEnvironment = process.env[variable];
  if (fromEnvironment) return { value: fromEnvironment, source: `${variable} environment variable` };
  const fromHost = hostDefaults[host];
  return fromHost === undefined ? undefined : { value: fromHost, source: "hosting service" };
}
