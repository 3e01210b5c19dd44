export { createEndpoint, type Endpoint, type EndpointOptions } from "./endpoint.ts";
export { RUN_PATH, type RunFunction, type VerifyRequest } from "./run-route.ts";
