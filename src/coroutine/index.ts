export { call, callWith, sleep } from "./call.ts";
export { all, allSettled, any, gather, race } from "./combine.ts";
export { CoroutineDriver, type DriverOptions, type LeftBehind } from "./driver/driver.ts";
export type { StateOptions } from "./driver/state.ts";
export { runtimeUrl } from "./runtime-url.ts";
export type { StepLimits } from "./step.ts";
