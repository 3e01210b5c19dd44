export { endpointMetrics, type PoolFigures, poolGauges } from "./endpoint-metrics.ts";
export { FoldedCounter, FoldedHistogram } from "./folded.ts";
export { type ProcessMetrics, processMetrics } from "./process-metrics.ts";
export { type SchedulerGaugeFigures, schedulerGauges, schedulerMetrics } from "./scheduler-metrics.ts";
