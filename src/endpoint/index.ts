export { type Admin, type AdminOptions, createAdmin } from "./admin.ts";
export { createEndpoint, type Endpoint, type EndpointOptions } from "./endpoint.ts";
export { LiveFeed, type LiveFrame, type SchedulerFigures } from "./live/index.ts";
export { reasonOf } from "./rejection.ts";
export { RUN_PATH, type RunFunction, type VerifyRequest } from "./run-route.ts";
