export { type ApiKeyOptions, ApiKeys } from "./api-keys.ts";
export { jsonOf } from "./json.ts";
export { type SchedulerApiOptions, schedulerApi } from "./plugin.ts";
