export { type Clock, SystemClock } from "./clock.ts";
export { FileRunJournal } from "./deaths/file-journal.ts";
export type { RunJournal } from "./deaths/journal.ts";
export { SchedulerError, type SchedulerErrorCode } from "./errors.ts";
export type { SchedulerOptions } from "./options.ts";
export { Scheduler } from "./scheduler.ts";
export type { SchedulerApi } from "./seam.ts";
export type { SchedulerStats } from "./stats.ts";
export { SchedulerSupervisor, type SupervisorOptions } from "./supervisor.ts";
export type {
  CallDetails,
  CallEvent,
  CallResult,
  CallState,
  CallSummary,
  Delivery,
  DispatchCall,
  ListRequest,
  ListResponse,
  Outcome,
  Run,
} from "./types.ts";
export { encodeCallResult } from "./wire/run-request.ts";
