export { call, callWith, sleep } from "./call.ts";
export { all, allSettled, any, gather, race } from "./combine.ts";
export { CoroutineDriver, type DriverOptions } from "./driver/driver.ts";
export type { LeftBehind } from "./driver/left-behind.ts";
export type { StateOptions } from "./driver/state.ts";
export { runtimeUrl } from "./runtime-url.ts";
export type { StepLimits } from "./step.ts";
