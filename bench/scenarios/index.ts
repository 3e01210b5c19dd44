import type { Scenario } from "../harness/scenario.ts";
import { endpointCpu, endpointIo, endpointMixed, endpointOpenLoop, endpointTrivial } from "./endpoint.ts";

export const scenarios: readonly Scenario[] = [
  endpointTrivial,
  endpointIo,
  endpointCpu,
  endpointMixed,
  endpointOpenLoop,
];
