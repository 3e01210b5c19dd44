import type { Scenario } from "../harness/scenario.ts";
import {
  endpointCpu,
  endpointIo,
  endpointMetrics,
  endpointMixed,
  endpointOpenLoop,
  endpointThreads,
  endpointTrivial,
} from "./endpoint.ts";
import { resumeHeavy } from "./resume.ts";
import {
  clientBatching,
  schedulerFanOut,
  schedulerLatency,
  schedulerSteps,
  schedulerTracing,
  schedulerTrivial,
} from "./scheduler.ts";
import { soak } from "./soak.ts";
import { suspendedMillion } from "./suspended.ts";

export const scenarios: readonly Scenario[] = [
  endpointTrivial,
  endpointIo,
  endpointCpu,
  endpointThreads,
  endpointMixed,
  endpointOpenLoop,
  endpointMetrics,
  resumeHeavy,
  schedulerTrivial,
  schedulerSteps,
  schedulerFanOut,
  schedulerLatency,
  schedulerTracing,
  clientBatching,
  soak,
  suspendedMillion,
];
