export {
  type ConfigInputs,
  misspelledVariables,
  parseAddress,
  type ResolvedConfig,
  resolveConfig,
} from "./config.ts";
export { ConfigError } from "./config-error.ts";
export { type ConfigFile, loadConfigFile } from "./config-file.ts";
export { envOf, flagOf, type OptionGroup, type OptionSpec } from "./option-spec.ts";
export { type Config, type DispatchConfig, OPTIONS, type OptionName } from "./options.ts";
