export { call, callWith, sleep } from "./call.ts";
export { CoroutineDriver, type DriverOptions, type LeftBehind } from "./driver/driver.ts";
export type { StateOptions } from "./driver/state.ts";
export { all, allSettled, any, gather, race } from "./runtime/combinators.ts";
export { runtimeUrl } from "./runtime-url.ts";
export type { StepLimits } from "./step.ts";
