export { SchedulerError, type SchedulerErrorCode } from "./errors.ts";
export type { SchedulerApi } from "./seam.ts";
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
