/** Resolves the configuration once: flag over environment over file over default. */
import { closest, distance } from "fastest-levenshtein";
import { ConfigError } from "./config-error.ts";
import { envOf, flagOf, type OptionSpec } from "./option-spec.ts";
import { type Config, OPTIONS, type OptionName } from "./options.ts";

export interface ConfigInputs {
  /** By option name, as text or already of its type. */
  flags?: Readonly<Record<string, unknown>>;
  env?: Readonly<Record<string, string | undefined>>;
  /** What the configuration file exports, and its name for messages. */
  file?: { readonly path: string; readonly values: unknown } | undefined;
}

export interface ResolvedConfig {
  readonly config: Config;
  /** Where each value came from: `flag --x`, `environment X`, `file path`, `default`. */
  readonly sources: Readonly<Record<OptionName, string>>;
}

/** @throws {ConfigError} naming the option, where the value came from, and what it may be */
export function resolveConfig({ flags = {}, env = {}, file }: ConfigInputs): ResolvedConfig {
  const fromFile = fileValues(file);
  const config: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const option of OPTIONS as readonly OptionSpec[]) {
    const found = [
      { value: flags[option.name], source: `flag ${flagOf(option)}` },
      { value: presence(env[envOf(option)]), source: `environment ${envOf(option)}` },
      { value: fromFile[option.name], source: `file ${file?.path}` },
    ].find(({ value }) => value !== undefined);
    config[option.name] = found === undefined ? option.default : parse(option, found.value, found.source);
    sources[option.name] = found?.source ?? "default";
  }
  checkRelations(config as unknown as Config, sources);
  return Object.freeze({
    config: Object.freeze(config) as unknown as Config,
    sources: Object.freeze(sources) as Record<OptionName, string>,
  });
}

/** An empty variable is how shells and compose files spell "not set". */
const presence = (text: string | undefined) => (text === "" ? undefined : text);

/**
 * Variables that begin like an option's and are none, each with the name that was probably meant. They are not refused:
 * the prefix is not only ours.
 */
export function misspelledVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = (OPTIONS as readonly OptionSpec[]).map(envOf);
  return Object.keys(env)
    .filter((name) => name.startsWith("DISPATCH_") && !names.includes(name))
    .map((name) => ({ name, meant: closest(name, names) }))
    .filter(({ name, meant }) => distance(name, meant) <= EDITS_MAX)
    .map(({ name, meant }) => `${name} is no option; did you mean ${meant}?`);
}

/** More edits than these make another word. */
const EDITS_MAX = 3;

function fileValues(file: ConfigInputs["file"]): Record<string, unknown> {
  if (file === undefined) return {};
  const { path, values } = file;
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new ConfigError(`${path} must export an object of options by default`);
  }
  const names = OPTIONS.map((option): string => option.name);
  for (const key of Object.keys(values)) {
    if (!names.includes(key)) {
      throw new ConfigError(`${path}: unknown option '${key}'; did you mean '${closest(key, names)}'?`);
    }
  }
  return values as Record<string, unknown>;
}

function parse(option: OptionSpec, value: unknown, source: string): unknown {
  const refuse = (expected: string): never => {
    const shown = option.secret ? "the value given" : JSON.stringify(value);
    throw new ConfigError(`${option.name} must be ${expected}, got ${shown} (${source})`);
  };
  switch (option.type) {
    case "integer": {
      const number =
        typeof value === "string" && value.trim() !== "" ? Number(value.replaceAll("_", "")) : value;
      const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = option;
      return typeof number === "number" && Number.isInteger(number) && number >= min && number <= max
        ? number
        : refuse(`a whole number from ${min} to ${max}`);
    }
    case "boolean":
      if (typeof value === "boolean") return value;
      if (value === "true" || value === "1" || value === "yes" || value === "on") return true;
      if (value === "false" || value === "0" || value === "no" || value === "off") return false;
      return refuse("true or false");
    case "choice":
      return typeof value === "string" && option.choices!.includes(value)
        ? value
        : refuse(`one of ${option.choices!.join(", ")}`);
    case "list": {
      const list = typeof value === "string" ? value.split(",").map((item) => item.trim()) : value;
      return Array.isArray(list) && list.every((item) => typeof item === "string" && item !== "")
        ? Object.freeze(list)
        : refuse("a list of texts, separated by commas");
    }
    case "string":
      return typeof value === "string" && value !== "" ? value : refuse("a text");
  }
}

function checkRelations(config: Config, sources: Record<string, string>): void {
  const { threadsMin, threadsMax, tlsCert, tlsKey } = config;
  if (threadsMin !== undefined && threadsMax !== undefined && threadsMin > threadsMax) {
    throw new ConfigError(
      `threadsMin (${threadsMin}, ${sources.threadsMin}) must not exceed threadsMax (${threadsMax}, ${sources.threadsMax})`,
    );
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new ConfigError("tlsCert and tlsKey must be given together");
  }
  parseAddress(config.endpointAddr);
  if (config.heldBytesMax < config.bodyLimitBytes) {
    throw new ConfigError(
      `heldBytesMax (${config.heldBytesMax}, ${sources.heldBytesMax}) must be at least bodyLimitBytes (${config.bodyLimitBytes}, ${sources.bodyLimitBytes})`,
    );
  }
  if (config.heartbeatMs >= config.runTimeoutMs) {
    throw new ConfigError(
      `heartbeatMs (${config.heartbeatMs}, ${sources.heartbeatMs}) must be below runTimeoutMs (${config.runTimeoutMs}, ${sources.runTimeoutMs})`,
    );
  }
  if (config.scheduler !== "off" && config.attemptTimeoutMs <= config.runTimeoutMs) {
    throw new ConfigError(
      `attemptTimeoutMs (${config.attemptTimeoutMs}, ${sources.attemptTimeoutMs}) must exceed runTimeoutMs (${config.runTimeoutMs}, ${sources.runTimeoutMs})`,
    );
  }
  if (config.keyRetentionMs > config.retentionMs) {
    throw new ConfigError(
      `keyRetentionMs (${config.keyRetentionMs}, ${sources.keyRetentionMs}) must not exceed retentionMs (${config.retentionMs}, ${sources.retentionMs})`,
    );
  }
  if (config.retryFirstDelayMs > config.retryDelayMsMax) {
    throw new ConfigError(
      `retryFirstDelayMs (${config.retryFirstDelayMs}, ${sources.retryFirstDelayMs}) must not exceed retryDelayMsMax (${config.retryDelayMsMax}, ${sources.retryDelayMsMax})`,
    );
  }
}

/** `host:port`, `[::1]:port` or `:port`. @throws {ConfigError} */
export function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new ConfigError(`address '${address}' must be host:port, e.g. localhost:8000`);
  }
  return { host: match[1] ?? (match[2] === "" ? "0.0.0.0" : match[2]!), port };
}
