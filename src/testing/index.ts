export type { Faults } from "../scheduler/simulation/faults.ts";
export { VirtualClock } from "../scheduler/simulation/virtual-clock.ts";
export type { TestCallOptions } from "./calls.ts";
export type { RunRecord } from "./local-functions.ts";
export { TestService, type TestServiceOptions } from "./test-service.ts";
