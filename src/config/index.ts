export {
  type Config,
  type ConfigInputs,
  parseAddress,
  type ResolvedConfig,
  resolveConfig,
} from "./config.ts";
export { ConfigError } from "./config-error.ts";
export { type ConfigFile, loadConfigFile } from "./config-file.ts";
export { envOf, flagOf, OPTIONS, type OptionName, type OptionSpec } from "./options.ts";
