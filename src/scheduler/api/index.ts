export { type ApiKeyOptions, ApiKeys } from "./api-keys.ts";
export { BACKUP_PATH } from "./backup-route.ts";
export { jsonOf } from "./json.ts";
export { type SchedulerApiOptions, schedulerApi } from "./plugin.ts";
