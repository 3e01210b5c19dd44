/** A configuration that cannot be used. The message says which option, where it came from, and what it may be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
