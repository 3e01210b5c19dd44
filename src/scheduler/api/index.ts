export { type ApiKeyOptions, ApiKeys } from "./api-keys.ts";
export { type SchedulerApiOptions, schedulerApi } from "./plugin.ts";
